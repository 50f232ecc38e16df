import { Button, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { segments } from "../../api/segments";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { isComplete, type Draft } from "./draft";
import { ModeChoice } from "./ModeChoice";
import { RuleFields } from "./RuleFields";
import { SourceFields } from "./SourceFields";
import { TargetFields } from "./TargetFields";

export interface FormPart {
  draft: Draft;
  put: (change: Partial<Draft>) => void;
}

interface Props extends FormPart {
  /** What is fixed once a sync exists, in place of its fields. */
  fixed?: ReactNode;
  problem: unknown;
  submit: string;
  /** Said above the buttons: what pressing them will do. */
  hint?: ReactNode;
  busy: boolean;
  back: string;
  onSubmit: () => void;
}

/** A sync on one page: who, where to, how, when. */
export function SyncForm({ draft, put, fixed, problem, submit, hint, busy, back, onSubmit }: Props) {
  const { t } = useTranslation();
  const { data } = useQuery(segments.list);
  const picked = data?.items.find(({ id }) => id === draft.segmentId)?.name;
  const named = draft.source === "segment" ? (picked ?? "") : t(`syncs.sources.${draft.source}`);
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={send}>
      <Stack>
        {fixed ?? (
          <>
            <SourceFields draft={draft} put={put} />
            <TargetFields draft={draft} put={put} named={named} />
          </>
        )}
        <Panel title={t("syncs.modeTitle")} description={t("syncs.modeText")}>
          <ModeChoice value={draft.mode} onChange={(mode) => put({ mode })} />
        </Panel>
        <RuleFields draft={draft} put={put} />
        {problem !== null && <ProblemPanel problem={problem} />}
        {hint}
        <Group justify="flex-end">
          <Button variant="default" component={Link} to={back}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" disabled={!isComplete(draft)} loading={busy}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
