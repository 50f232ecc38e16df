import { Button, CopyButton, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Door } from "../../api/intake";
import { CodeBlock } from "../../ui/CodeBlock";
import { Panel } from "../../ui/Panel";
import { snippets } from "./examples";

type Kind = keyof ReturnType<typeof snippets>;

/** What a site's programmer pastes. */
export function Snippets({ door }: { door: Door }) {
  const { t } = useTranslation();
  const { url, isSigned: signed, trap } = door;
  const [kind, setKind] = useState<Kind>("curl");
  const words = { person: t("intake.snippet.person"), phone: t("intake.field.phone"), email: t("intake.field.email"), send: t("intake.snippet.send"), trap: t("intake.snippet.trap") };
  const text = snippets({ url, signed, trap, site: door.sites[0], words })[kind];
  const notes = [signed && t("intake.snippet.unsigned"), trap ? t("intake.snippet.trapHint", { name: trap }) : t("intake.snippet.trapNone"), door.sites.length === 0 && t("intake.snippet.noWayBack")];
  const copy = (
    <CopyButton value={text}>
      {({ copied, copy: put }) => (
        <Button variant="default" size="xs" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={put}>
          {copied ? t("common.copied") : t("common.copy")}
        </Button>
      )}
    </CopyButton>
  );
  return (
    <Panel title={t("intake.snippet.title")} description={t("intake.snippet.hint")} actions={copy}>
      <Stack gap="sm">
        <SegmentedControl
          aria-label={t("intake.snippet.title")}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={[
            { value: "curl", label: "curl" },
            { value: "html", label: "HTML" },
            { value: "php", label: "PHP" },
          ]}
        />
        <CodeBlock text={text} label={t("intake.snippet.title")} />
        {kind === "html" &&
          notes.map(
            (note) =>
              note && (
                <Text key={note} size="sm" c="dimmed">
                  {note}
                </Text>
              ),
          )}
      </Stack>
    </Panel>
  );
}
