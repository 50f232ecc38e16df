import { Button, CopyButton, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CodeBlock } from "../../ui/CodeBlock";
import { Panel } from "../../ui/Panel";
import { snippets } from "./examples";

type Kind = keyof ReturnType<typeof snippets>;

/** What a site's programmer pastes. */
export function Snippets({ url, signed }: { url: string; signed: boolean }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>("curl");
  const text = snippets(url, signed)[kind];
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
        {kind === "html" && signed && (
          <Text size="sm" c="dimmed">
            {t("intake.snippet.unsigned")}
          </Text>
        )}
      </Stack>
    </Panel>
  );
}
