import { Alert, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CallError } from "../api/modules";

interface Props {
  error: CallError;
  /** Without the place and what belongs there, where the value itself shows them. */
  brief?: boolean;
}

/** Why a call of a module failed; a broken contract names the place in the value and what belongs there. */
export function CallFailure({ error, brief }: Props) {
  const { t } = useTranslation();
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t(`trace.kind.${error.kind}`, { defaultValue: error.kind })}>
      <Stack gap={6}>
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {error.message}
        </Text>
        {!brief && error.path && <Fact name={t("trace.path")} value={error.path} />}
        {!brief && error.expected && <Fact name={t("trace.expected")} value={error.expected} />}
        {!brief && error.got && <Fact name={t("trace.got")} value={error.got} />}
        {error.line !== null && <Fact name={t("trace.line")} value={String(error.line)} />}
      </Stack>
    </Alert>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <Group gap="xs" align="baseline" wrap="nowrap">
      <Text size="sm" c="dimmed" flex="0 0 92px">
        {name}
      </Text>
      <Code style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>{value}</Code>
    </Group>
  );
}
