import { Button, Group, Select } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { sessionQuery } from "../../api/session";
import { WEBHOOK_STATES, type WebhookFilter, type WebhookState } from "../../api/webhooks";
import { useListState, type ListState } from "../../ui/list-state";
import { MomentPicker } from "../../ui/MomentPicker";
import { instantOf, wallClockOf } from "../../ui/zones";

/** The filter that the page's address holds. */
export function filterOf({ accountId, state, from, to }: ListState): WebhookFilter {
  const known = WEBHOOK_STATES.find((one): one is WebhookState => one === state);
  return { ...(accountId && { accountId }), ...(known && { state: known }), ...(from && { from }), ...(to && { to }) };
}

/** Which requests to show; everything chosen stands in the page's address, so that it can be kept and sent. */
export function Filters() {
  const { t } = useTranslation();
  const list = useListState();
  const known = useQuery(accounts.list).data?.items ?? [];
  return (
    <Group gap="sm">
      <Select
        w={{ base: "100%", xs: 220 }}
        clearable
        aria-label={t("webhooks.account")}
        placeholder={t("webhooks.anyAccount")}
        value={list.accountId ?? null}
        onChange={(value) => list.set({ accountId: value ?? "" })}
        data={known.map((account) => ({ value: account.id, label: account.title }))}
      />
      <Select
        w={{ base: "100%", xs: 190 }}
        clearable
        aria-label={t("common.state")}
        placeholder={t("webhooks.anyState")}
        value={list.state ?? null}
        onChange={(value) => list.set({ state: value ?? "" })}
        data={WEBHOOK_STATES.map((state) => ({ value: state, label: t(`status.webhook.${state}`) }))}
      />
      <Moment name="from" />
      <Moment name="to" />
      {list.filtered && (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconX size={16} />}
          onClick={() => list.set({ accountId: "", state: "", from: "", to: "" })}
        >
          {t("webhooks.reset")}
        </Button>
      )}
    </Group>
  );
}

/** One end of the time, chosen on the clock of the organisation. */
function Moment({ name }: { name: "from" | "to" }) {
  const { t } = useTranslation();
  const list = useListState();
  const zone = useQuery(sessionQuery).data?.organisation.timezone ?? "UTC";
  const chosen = list[name];
  return (
    <MomentPicker
      w={{ base: "100%", xs: 210 }}
      clearable
      clearButtonProps={{ "aria-label": t("webhooks.clear") }}
      aria-label={t(`webhooks.${name}`)}
      placeholder={t(`webhooks.${name}`)}
      styles={{ placeholder: { color: "var(--mantine-color-dimmed)" } }}
      value={chosen ? wallClockOf(chosen, zone) : null}
      onChange={(value) => list.set({ [name]: value ? instantOf(value, zone) : "" })}
    />
  );
}
