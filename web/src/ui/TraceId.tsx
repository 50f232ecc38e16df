import { ActionIcon, CopyButton, Group, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

/** The number by which a request is found in the log and among the calls of modules. */
export function TraceId({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {t("common.traceId")}: <span style={{ fontFamily: "var(--mantine-font-family-monospace)" }}>{id}</span>
      </Text>
      <CopyButton value={id}>
        {({ copied, copy }) => (
          <ActionIcon size="sm" variant="subtle" color={copied ? "teal" : "gray"} onClick={copy} aria-label={t(copied ? "common.copied" : "common.copy")}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  );
}
