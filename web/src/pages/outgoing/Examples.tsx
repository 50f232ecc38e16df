import { Button, CopyButton, Select, Stack, Tabs, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outgoing } from "../../api/outgoing";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import php from "./verify.php.txt?raw";
import python from "./verify.py.txt?raw";

const LANGUAGES = [
  { name: "Python", text: python },
  { name: "PHP", text: php },
];

/** What a receiver does with a message, and what messages look like. */
export function Examples() {
  const { t } = useTranslation();
  return (
    <Stack>
      <Panel title={t("outgoing.verify")} description={t("outgoing.verifyHint")}>
        <Tabs defaultValue="Python" keepMounted={false}>
          <Tabs.List aria-label={t("outgoing.verify")}>
            {LANGUAGES.map(({ name }) => (
              <Tabs.Tab key={name} value={name}>
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {LANGUAGES.map(({ name, text }) => (
            <Tabs.Panel key={name} value={name} pt="sm">
              <Copied text={text.replaceAll("{{secret}}", t("outgoing.secretHere"))} label={t("outgoing.verifyIn", { language: name })} />
            </Tabs.Panel>
          ))}
        </Tabs>
        <Text size="sm" mt="sm">
          {t("outgoing.rules")}
        </Text>
      </Panel>
      <Payloads />
    </Stack>
  );
}

function Payloads() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(outgoing.kinds);
  const [chosen, choose] = useState<string | null>(null);
  const kind = data?.find((each) => each.kind === chosen) ?? data?.[0];
  return (
    <Panel title={t("outgoing.payloads")} description={t("outgoing.payloadsHint")}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={4} />}
      {kind && (
        <Stack>
          <Select
            maw={420}
            label={t("outgoing.kind")}
            allowDeselect={false}
            data={(data ?? []).map((each) => ({ value: each.kind, label: `${each.title} (${each.kind})` }))}
            value={kind.kind}
            onChange={choose}
          />
          <Text size="sm">{kind.description}</Text>
          <Copied text={pretty(kind.example)} label={t("outgoing.exampleOf", { kind: kind.title })} />
          <details>
            <summary>{t("outgoing.schema")}</summary>
            <Copied text={pretty(kind.schema)} label={t("outgoing.schemaOf", { kind: kind.title })} />
          </details>
        </Stack>
      )}
    </Panel>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" align="flex-start">
      <div style={{ width: "100%" }}>
        <CodeBlock text={text} label={label} height={380} />
      </div>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button size="compact-sm" variant="default" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={copy}>
            {t(copied ? "common.copied" : "common.copy")}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
