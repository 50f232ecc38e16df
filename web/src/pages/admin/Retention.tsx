import { Button, Checkbox, Group, List, NumberInput, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { retention, type Days, type Term } from "../../api/retention";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";

/** What is offered first when something is no longer to be kept for ever. */
const FIRST_OFFER = 365;

/** For how long each kind of data is kept. */
export default function RetentionPage() {
  const { t } = useTranslation();
  const { data, error } = useQuery(retention.terms);
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader title={t("retention.title")} description={t("retention.description")} />
      <Form key={data.map((term) => term.days).join()} terms={data} />
    </>
  );
}

function Form({ terms }: { terms: Term[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  /** What was changed and perhaps changed back. */
  const [typed, setTyped] = useState<Days>({});
  const chosen = terms.map((term) => ({ term, days: term.name in typed ? (typed[term.name] ?? null) : term.days }));
  const changed: Days = Object.fromEntries(chosen.filter(({ term, days }) => days !== term.days).map(({ term, days }) => [term.name, days]));
  const wrong = chosen.filter(({ term, days }) => problemOf(term, days));
  const preview = useMutation({ mutationFn: () => retention.preview(changed), onError: tellProblem });
  const change = useMutation({
    mutationFn: () => retention.change(changed),
    onSuccess: async (saved) => {
      tell(t("common.saved"));
      client.setQueryData(retention.terms.queryKey, saved);
    },
    onError: tellProblem,
    onSettled: () => preview.reset(),
  });
  const nothing = Object.keys(changed).length === 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!nothing && wrong.length === 0) preview.mutate();
      }}
    >
      <Stack maw={860}>
        {chosen.map(({ term, days }) => (
          <One key={term.name} term={term} days={days} onChange={(value) => setTyped({ ...typed, [term.name]: value })} />
        ))}
        <Group justify="flex-end">
          <Text size="sm" c="dimmed">
            {t("retention.hourly")}
          </Text>
          <Button type="submit" disabled={nothing || wrong.length > 0} loading={preview.isPending}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
      <Dialog opened={preview.data !== undefined} onClose={preview.reset} title={t("retention.askTitle")}>
        {preview.data && <Effect goes={preview.data.goes} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={preview.reset}>
            {t("common.cancel")}
          </Button>
          <Button color={Object.values(preview.data?.goes ?? {}).some(Boolean) ? "red" : undefined} loading={change.isPending} onClick={() => change.mutate()}>
            {t("common.save")}
          </Button>
        </Group>
      </Dialog>
    </form>
  );
}

function One({ term, days, onChange }: { term: Term; days: number | null; onChange: (days: number | null) => void }) {
  const { t } = useTranslation();
  const title = t(`retention.kinds.${term.name}.title`);
  return (
    <Panel title={title} description={t(`retention.kinds.${term.name}.text`)}>
      <Group align="flex-start">
        {term.forEver && (
          <Checkbox
            mt={8}
            label={t("retention.forEver")}
            aria-label={t("retention.forEverOf", { title })}
            checked={days === null}
            onChange={(event) => onChange(event.currentTarget.checked ? null : (term.days ?? FIRST_OFFER))}
          />
        )}
        {days !== null && (
          <NumberInput
            w={190}
            aria-label={t("retention.daysOf", { title })}
            suffix={t("retention.daysSuffix")}
            allowDecimal={false}
            allowNegative={false}
            clampBehavior="none"
            value={days}
            onChange={(value) => onChange(Number(value))}
            error={problemOf(term, days) && t("retention.bounds", term)}
            description={defaultOf(term, t)}
            inputWrapperOrder={["label", "input", "error", "description"]}
          />
        )}
      </Group>
    </Panel>
  );
}

function Effect({ goes }: { goes: Record<string, number> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const some = Object.entries(goes).filter(([, count]) => count > 0);
  if (some.length === 0) return <Text size="sm">{t("retention.nothingGoes")}</Text>;
  return (
    <Stack gap="xs">
      <Text size="sm">{t("retention.goes")}</Text>
      <List size="sm">
        {some.map(([name, count]) => (
          <List.Item key={name}>{t("retention.goesOf", { title: t(`retention.kinds.${name}.title`), count: format.number(count) as never })}</List.Item>
        ))}
      </List>
    </Stack>
  );
}

function problemOf(term: Term, days: number | null): boolean {
  return days === null ? !term.forEver : days < term.least || days > term.most;
}

function defaultOf(term: Term, t: ReturnType<typeof useTranslation>["t"]): string {
  return term.defaultDays === null ? t("retention.defaultForEver") : t("retention.default", { days: term.defaultDays });
}
