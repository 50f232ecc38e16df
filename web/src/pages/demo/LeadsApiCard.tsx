import { Button, Card, CopyButton, Group, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconCheck, IconCopy, IconTerminal2 } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Demo } from "../../api/demo";
import { CodeBlock } from "../../ui/CodeBlock";

type LeadsApi = NonNullable<Demo["leadsApi"]>;

/** The compatible leads API from a terminal: lines that work as they are shown. */
export function LeadsApiCard({ api }: { api: LeadsApi }) {
  const { t } = useTranslation();
  const lines = { add: addLine(api, t("demo.api.title"), t("demo.api.person")), list: listLine(api) };
  return (
    <Card p="lg" component="section" aria-label={t("demo.api.heading")}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={44} variant="light" color="grape">
          <IconTerminal2 size={24} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Stack gap="sm" flex={1} miw={0}>
          <Text fw={650} component="h2" m={0} fz="lg">
            {t("demo.api.heading")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("demo.api.text")}
          </Text>
          {(["add", "list"] as const).map((name) => (
            <Stack key={name} gap={6} align="flex-start">
              <Text size="sm">{t(`demo.api.${name}`)}</Text>
              <div style={{ width: "100%" }}>
                <CodeBlock text={lines[name]} label={t(`demo.api.${name}`)} />
              </div>
              <CopyButton value={lines[name]}>
                {({ copied, copy }) => (
                  <Button
                    size="xs"
                    variant="light"
                    leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
                    onClick={copy}
                  >
                    {copied ? t("common.copied") : t("common.copy")}
                  </Button>
                )}
              </CopyButton>
            </Stack>
          ))}
        </Stack>
      </Group>
    </Card>
  );
}

function addLine(api: LeadsApi, title: string, person: string): string {
  return [
    `curl '${api.address}'`,
    `-d login=${api.login} -d apikey=${api.key} -d action=add`,
    `--data-urlencode 'title=${title}' --data-urlencode 'description=${person}'`,
    "--data-urlencode 'phone=+7 945 300-20-10' -d utm_source=curl",
  ].join(" \\\n  ");
}

function listLine(api: LeadsApi): string {
  return `curl '${api.address}?login=${api.login}&apikey=${api.key}&action=list&first=new'`;
}
