import { Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts, type Arrivals } from "../../api/accounts";
import { useFormat } from "../../ui/format";

/** How the webhooks of each account are, by its id. */
export function useArrivals(): Map<string, Arrivals> {
  const { data } = useQuery(accounts.arrivals);
  return new Map(data?.map((each) => [each.accountId, each]));
}

/** When the last webhook came, and whether some of the last day failed. */
export function WebhookWords({ arrivals }: { arrivals: Arrivals }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div>
      <Text size="sm">{arrivals.lastAt ? t("accounts.lastWebhook", { when: format.ago(arrivals.lastAt) }) : t("accounts.noWebhook")}</Text>
      {arrivals.failures > 0 && (
        <Group gap={4} wrap="nowrap">
          <IconAlertTriangle size={14} color="var(--mantine-color-orange-text)" aria-hidden style={{ flexShrink: 0 }} />
          <Text size="sm">{t("accounts.failures", { count: arrivals.failures })}</Text>
        </Group>
      )}
    </div>
  );
}
