import { NumberInput, Radio, Select, SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { PAUSES, type SyncBody } from "../../api/syncs";
import { Panel } from "../../ui/Panel";
import type { FormPart } from "./SyncForm";
import { usePause } from "./words";

const ORDERS: SyncBody["firstBy"][] = ["newest", "oldest", "active"];

/** When it runs, whose consent it asks for, when it stops for a person, and what it does at the plan's limit. */
export function RuleFields({ draft, put }: FormPart) {
  const { t } = useTranslation();
  const adds = draft.mode !== "subtract";
  const removes = draft.mode !== "merge";
  return (
    <Panel title={t("syncs.rules")}>
      <SimpleGrid cols={{ base: 1, md: 2 }} verticalSpacing="lg" spacing="lg">
        <Schedule draft={draft} put={put} />
        {adds && <Consent draft={draft} put={put} />}
        {removes && (
          <NumberInput
            required
            label={t("syncs.guard")}
            description={t("syncs.guardHint")}
            suffix=" %"
            min={0}
            max={100}
            allowDecimal={false}
            clampBehavior="strict"
            value={draft.guardPercent}
            onChange={(guardPercent) => typeof guardPercent === "number" && put({ guardPercent })}
          />
        )}
        {adds && <OverLimit draft={draft} put={put} />}
      </SimpleGrid>
    </Panel>
  );
}

function Schedule({ draft, put }: FormPart) {
  const { t } = useTranslation();
  const pause = usePause();
  const known = draft.everyMinutes === null || PAUSES.includes(draft.everyMinutes) ? PAUSES : [...PAUSES, draft.everyMinutes].toSorted((a, b) => a - b);
  return (
    <Select
      label={t("syncs.schedule")}
      description={t("syncs.scheduleHint")}
      allowDeselect={false}
      data={[{ value: "hand", label: t("syncs.every.hand") }, ...known.map((minutes) => ({ value: String(minutes), label: pause(minutes) }))]}
      value={draft.everyMinutes === null ? "hand" : String(draft.everyMinutes)}
      onChange={(value) => put({ everyMinutes: value === "hand" ? null : Number(value) })}
    />
  );
}

function Consent({ draft, put }: FormPart) {
  const { t } = useTranslation();
  const { data } = useQuery(contacts.categories);
  return (
    <Select
      label={t("syncs.consent")}
      description={t("syncs.consentHint")}
      placeholder={t("syncs.consentNone")}
      clearable
      data={(data ?? []).map(({ id, title }) => ({ value: id, label: title }))}
      value={draft.categoryId}
      onChange={(categoryId) => put({ categoryId })}
    />
  );
}

function OverLimit({ draft, put }: FormPart) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Radio.Group
        label={t("syncs.overLimit")}
        description={t("syncs.overLimitHint")}
        value={draft.overLimit}
        onChange={(overLimit) => put({ overLimit: overLimit as SyncBody["overLimit"] })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="nobody" label={t("syncs.over.nobody")} />
          <Radio value="first" label={t("syncs.over.first")} />
        </Stack>
      </Radio.Group>
      {draft.overLimit === "first" && (
        <Select
          label={t("syncs.order")}
          allowDeselect={false}
          data={ORDERS.map((value) => ({ value, label: t(`syncs.orders.${value}`) }))}
          value={draft.firstBy}
          onChange={(firstBy) => put({ firstBy: firstBy as SyncBody["firstBy"] })}
        />
      )}
    </Stack>
  );
}
