import { Button, Group, Select, Text } from "@mantine/core";
import { IconEdit } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { AccountRow } from "../../../api/accounts";
import { webhooks } from "../../../api/webhooks";
import { useFormat } from "../../../ui/format";
import { asRawRequest } from "./raw-request";

interface Props {
  accounts: AccountRow[];
  accountId: string | null;
  value: string | null;
  onChange: (id: string) => void;
  /** Takes the chosen webhook as text, to be changed. */
  onText: (text: string) => void;
}

/** One of the newest stored webhooks of an account. */
export function StoredWebhook({ accounts, accountId, value, onChange, onText }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useInfiniteQuery({ ...webhooks.list({ accountId: accountId ?? "" }), enabled: accountId !== null });
  const chosen = useQuery({ ...webhooks.card(value ?? ""), enabled: value !== null });
  const newest = list.data?.pages.flatMap((page) => page.items) ?? [];
  const options = newest.map((one) => ({ value: one.id, label: `${format.exact(one.receivedAt)} · ${t(`status.webhook.${one.state}`)}` }));
  if (value && chosen.data && !newest.some((one) => one.id === value)) {
    const account = accounts.find((one) => one.id === chosen.data.accountId)?.title ?? "";
    options.unshift({ value, label: `${format.exact(chosen.data.receivedAt)} · ${account}` });
  }
  if (list.isSuccess && options.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("studio.noWebhooks")}
      </Text>
    );
  }
  const card = chosen.data;
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <Select
        flex={1}
        label={t("studio.storedWebhook")}
        placeholder={t("studio.chooseWebhook")}
        error={chosen.error && t("studio.webhookGone")}
        allowDeselect={false}
        value={value}
        onChange={(id) => id && onChange(id)}
        data={options}
      />
      {card && card.body !== null && (
        <Button variant="default" leftSection={<IconEdit size={16} />} onClick={() => onText(asRawRequest({ ...card, body: card.body }))}>
          {t("studio.asText")}
        </Button>
      )}
    </Group>
  );
}
