import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/client";
import { segments } from "../../api/segments";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { lacking, type Draft } from "./draft";
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
  const missing = lacking(draft);
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
        <OtherSync problem={problem} />
        {hint}
        {missing.length > 0 && (
          <Text size="sm" ta="end" id="sync-lacks" aria-live="polite">
            {t("syncs.lacks", { what: missing.map((part) => t(`syncs.lacking.${part}`)).join(", ") })}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" component={Link} to={back}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" disabled={missing.length > 0} aria-describedby={missing.length > 0 ? "sync-lacks" : undefined} loading={busy}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A list of the name has a sync already: it is offered in place of a second one. */
function OtherSync({ problem }: { problem: unknown }) {
  const { t } = useTranslation();
  if (!(problem instanceof Problem) || problem.code !== "sync_exists" || typeof problem.fields.id !== "string") return null;
  return (
    <Anchor size="sm" component={Link} to={`/syncs/${problem.fields.id}`}>
      {t("syncs.open")}
    </Anchor>
  );
}
