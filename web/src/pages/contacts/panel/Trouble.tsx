import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  detail: string;
  /** What is shown beside it is older than that. */
  mild?: boolean;
  busy?: boolean;
  retry?: () => void;
  /** Where it can be mended. */
  mend?: ReactNode;
}

/** What went wrong with one block, inside of it. */
export function Trouble({ title, detail, mild, busy, retry, mend }: Props) {
  const { t } = useTranslation();
  return (
    <Alert color={mild ? "yellow" : "red"} icon={<IconAlertTriangle size={18} />} title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        {detail && (
          <Text size="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
            {detail}
          </Text>
        )}
        <Group gap="xs">
          {mend}
          {retry && (
            <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} loading={busy} onClick={retry}>
              {t("common.retry")}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}
