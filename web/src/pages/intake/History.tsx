import { Anchor, Badge, Checkbox, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { collectors, type CollectedLetter, type CollectorRun } from "../../api/intake";
import { useRight } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { RunCounts } from "./Collectors";

const COLOURS = { done: "teal", failed: "red", broken_off: "yellow", running: "herald" } as const;
const OUTCOMES = { taken: "teal", known: "gray", too_large: "red", not_fetched: "red" } as const;

/** Every look at the mailbox, the newest first. */
export function RunHistory({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useListState();
  const source = useQuery(collectors.runs(id, { offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  return (
    <DataList<CollectorRun>
      label={t("intake.history.runs")}
      source={source}
      list={list}
      empty={<Text p="md">{t("intake.history.noRuns")}</Text>}
      columns={[
        {
          key: "at",
          title: t("intake.history.begun"),
          width: 200,
          render: (run) => (
            <Stack gap={0}>
              <span>{format.dateTime(run.begunAt)}</span>
              <Text size="xs" c="dimmed">
                {t(`intake.run.by.${run.begunBy}`)}
              </Text>
            </Stack>
          ),
        },
        { key: "state", title: t("common.state"), width: 170, render: (run) => <Badge color={COLOURS[run.state]}>{t(`intake.run.is.${run.state}`)}</Badge> },
        {
          key: "result",
          title: t("intake.history.result"),
          render: (run) => (
            <Stack gap={2}>
              {run.reason && <Text size="sm">{run.reason}</Text>}
              {run.state !== "failed" && <RunCounts run={run} />}
            </Stack>
          ),
        },
      ]}
    />
  );
}

/** Letters with the keyword that were come upon, and what became of each. */
export function LetterHistory({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useListState();
  const reads = useRight("leads.read");
  const notTaken = list.state === "not_taken";
  const source = useQuery(collectors.letters(id, { offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE, notTaken }));
  return (
    <DataList<CollectedLetter>
      label={t("intake.history.letters")}
      source={source}
      list={list}
      filters={<Checkbox label={t("intake.history.notTaken")} checked={notTaken} onChange={(event) => list.set({ state: event.currentTarget.checked ? "not_taken" : undefined, page: undefined })} />}
      empty={<Text p="md">{t("intake.history.noLetters")}</Text>}
      columns={[
        {
          key: "letter",
          title: t("intake.history.letter"),
          render: (letter) => (
            <Stack gap={0}>
              {letter.inputId && reads ? (
                <Anchor component={Link} to="/leads/inputs/$id" params={{ id: letter.inputId } as never} w="fit-content">
                  {letter.subject ?? t("intake.history.open")}
                </Anchor>
              ) : (
                <span>{letter.subject ?? t("intake.history.number", { number: letter.uid })}</span>
              )}
              <Text size="xs" c="dimmed" className="numbers">
                {t("intake.bytes", { size: format.number(letter.size) })}
              </Text>
            </Stack>
          ),
        },
        { key: "outcome", title: t("intake.history.outcome"), width: 210, render: (letter) => <Badge color={OUTCOMES[letter.outcome]}>{t(`intake.outcome.${letter.outcome}`)}</Badge> },
        { key: "arrived", title: t("intake.history.arrived"), width: 170, render: (letter) => format.dateTime(letter.arrivedAt) },
        {
          key: "after",
          title: t("intake.history.after"),
          render: (letter) => {
            if (letter.deletedAt) return t("intake.history.deleted", { at: format.dateTime(letter.deletedAt) });
            if (letter.toBeDeletedAt) return t("intake.history.toBeDeleted", { at: format.dateTime(letter.toBeDeletedAt) });
            return letter.settledAt ? t("intake.history.settled", { at: format.dateTime(letter.settledAt) }) : t("intake.history.kept");
          },
        },
      ]}
    />
  );
}
