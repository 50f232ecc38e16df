import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Sync } from "../../api/syncs";

/** Said where a failure would not be told: no outgoing mail is set up. */
export function WithoutMail({ of }: { of: readonly Pick<Sync, "alertsByMail">[] }) {
  const { t } = useTranslation();
  if (!of.some(({ alertsByMail }) => !alertsByMail)) return null;
  return (
    <Text size="sm" c="dimmed">
      {t("syncs.withoutMail")}
    </Text>
  );
}
