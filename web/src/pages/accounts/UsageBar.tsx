import { Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Usage } from "../../api/accounts";
import { useFormat } from "../../ui/format";

const NEARLY_FULL = 90;

/** How much of the plan is used: contacts, or letters where the service counts those alone. */
export function UsageBar({ usage }: { usage: Usage }) {
  const { t } = useTranslation();
  const letters = usage.limit === null && usage.used === null && usage.lettersLimit !== null;
  const used = letters ? usage.lettersSent : usage.used;
  const limit = letters ? usage.lettersLimit : usage.limit;
  const format = useFormat();
  if (used === null && limit === null) return <Text size="sm" c="dimmed">{t("accounts.planUnknown")}</Text>;
  const words = t(`accounts.${letters ? "letters" : "contacts"}${used === null ? "Limit" : limit === null ? "Used" : "Of"}`, {
    used: format.number(used),
    limit: format.number(limit),
  });
  const percent = used === null || limit === null ? null : limit === 0 ? 100 : Math.min(100, (used / limit) * 100);
  return (
    <Stack gap={4}>
      <Text size="sm">{words}</Text>
      {percent !== null && <Progress value={percent} color={percent >= 100 ? "red" : percent >= NEARLY_FULL ? "orange" : "teal"} aria-label={words} />}
    </Stack>
  );
}
