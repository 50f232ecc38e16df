import { Autocomplete, Fieldset, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "../../../api/session";
import type { PanelChoice } from "../../../api/panel";
import { useFormat } from "../../../ui/format";
import { MomentPicker } from "../../../ui/MomentPicker";
import { instantOf, wallClockOf } from "../../../ui/zones";
import { latestRefusal } from "./changes";
import { usePanelSource } from "./source";

const SUGGESTIONS = ["phone", "letter", "form", "contract"] as const;
const SHORTEST = 3;
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

interface Draft {
  how: string;
  at: string | null;
  categoryId: string | null;
}
interface Errors {
  how?: string;
  at?: string;
  categoryId?: string;
}
type Consent = ReturnType<typeof useConsent>;

/** What a person said after having left: how, when, and to what where the list does not tell. */
export function useConsent(entered: PanelChoice[]) {
  const { t } = useTranslation();
  const format = useFormat();
  const zone = useQuery(sessionQuery).data?.organisation.timezone ?? OWN_ZONE;
  const empty: Draft = { how: "", at: null, categoryId: null };
  const [draft, setDraft] = useState(empty);
  const [errors, setErrors] = useState<Errors>({});
  const nameless = entered.some((each) => each.categoryId === null);
  const check = (): boolean => {
    const found: Errors = {};
    if (draft.how.trim().length < SHORTEST) found.how = t("panel.howNeeded");
    const at = draft.at === null ? null : instantOf(draft.at, zone);
    const refused = latestRefusal(entered);
    if (at === null) found.at = t("panel.whenNeeded");
    else if (at > new Date().toISOString()) found.at = t("panel.whenInFuture");
    else if (refused && new Date(at) <= new Date(refused)) found.at = t("panel.whenTooEarly", { at: format.dateTime(refused) });
    if (nameless && draft.categoryId === null) found.categoryId = t("panel.categoryNeeded");
    setErrors(found);
    return Object.keys(found).length === 0;
  };
  return {
    draft,
    errors,
    nameless,
    zone,
    check,
    change: (change: Partial<Draft>) => {
      setDraft((before) => ({ ...before, ...change }));
      setErrors({});
    },
    reset: () => {
      setDraft(empty);
      setErrors({});
    },
    value: () => ({
      how: draft.how.trim(),
      when: instantOf(draft.at ?? "", zone),
      categoryId: nameless ? draft.categoryId : null,
    }),
  };
}

interface Props {
  consent: Consent;
  choices: PanelChoice[];
  entered: PanelChoice[];
}

/** Asks for the consent that opens lists which the person has left: it is what proves it. */
export function ConsentFields({ consent, choices, entered }: Props) {
  const { t } = useTranslation();
  const { draft, errors, change, nameless, zone } = consent;
  const [latest] = useState(() => wallClockOf(new Date(), zone));
  return (
    <Fieldset legend={t("panel.consent")}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("panel.consentHint", { lists: entered.map((each) => each.title).join(", ") })}
        </Text>
        <Autocomplete
          openOnFocus={false}
          withAsterisk
          label={t("panel.how")}
          description={t("panel.howHint")}
          maxLength={500}
          data={SUGGESTIONS.map((one) => t(`panel.suggestion.${one}`))}
          value={draft.how}
          error={errors.how}
          onChange={(how) => change({ how })}
        />
        <MomentPicker
          withAsterisk
          label={t("panel.when")}
          maxDate={latest}
          value={draft.at}
          error={errors.at}
          onChange={(at) => change({ at: at as string | null })}
        />
        {nameless && <Category value={draft.categoryId} error={errors.categoryId} choices={choices} onChange={(categoryId) => change({ categoryId })} />}
      </Stack>
    </Fieldset>
  );
}

interface CategoryProps {
  value: string | null;
  error: string | undefined;
  choices: PanelChoice[];
  onChange: (id: string | null) => void;
}

function Category({ value, error, choices, onChange }: CategoryProps) {
  const { t } = useTranslation();
  const source = usePanelSource();
  const { data: all } = useQuery({
    queryKey: [...source.root, "panel", "categories"],
    queryFn: () => source.categories?.() ?? [],
    enabled: source.categories !== undefined,
  });
  const named = new Map(choices.flatMap((each) => (each.categoryId && each.category ? [[each.categoryId, each.category] as const] : [])));
  const options = all ? all.map((each) => ({ value: each.id, label: each.title })) : [...named].map(([id, title]) => ({ value: id, label: title }));
  return (
    <Select
      withAsterisk
      label={t("panel.category")}
      description={t("panel.categoryHint")}
      nothingFoundMessage={t("panel.noCategory")}
      data={options}
      value={value}
      error={error}
      onChange={onChange}
    />
  );
}
