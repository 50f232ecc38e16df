import { Alert } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { contractQuery, type Contract } from "../../api/contract";
import { modules, type CheckResult, type ModuleCard, type Version } from "../../api/modules";
import { useRight } from "../../api/session";
import type { CodeEditorHandle } from "../../editor/CodeEditor";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageProblem } from "../../ui/ProblemPanel";
import { EditorPane } from "./EditorPane";
import { FunctionList } from "./FunctionList";
import { Problems } from "./Problems";
import { PARSE_WEBHOOK } from "./run/inputs";
import type { Trial } from "./run/RunPanel";
import { SaveVersion } from "./SaveVersion";
import { SidePanel } from "./SidePanel";
import classes from "./Studio.module.css";
import { StudioHeader } from "./StudioHeader";
import { useDraft } from "./use-draft";
import { useStudio } from "./use-studio";
import { CompareDialog } from "./versions/CompareDialog";
import { PublishDialog } from "./versions/PublishDialog";

const route = getRouteApi("/inside/modules/$id");

export default function StudioPage() {
  const { id } = route.useParams();
  return <ModuleStudio key={id} id={id} />;
}

/** The studio stays as it is, with its cursor and results, when a newer version of the same module appears. */
function ModuleStudio({ id }: { id: string }) {
  const card = useQuery(modules.card(id));
  const latest = card.data?.latestVersionId ?? "";
  const version = useQuery({ ...modules.version(id, latest), enabled: latest !== "", placeholderData: keepPreviousData });
  const contract = useQuery(contractQuery);
  const problem = card.error ?? version.error ?? contract.error;
  // What was once there stays when asking anew fails: the editor holds what is not saved yet.
  if (!card.data || !version.data || !contract.data) {
    return problem ? <PageProblem problem={problem} retry={() => void card.refetch()} /> : <PageLoading />;
  }
  return <Studio card={card.data} saved={version.data} contract={contract.data} />;
}

interface Props {
  card: ModuleCard;
  /** The newest version: what the editor begins with. */
  saved: Version;
  contract: Contract;
}

function Studio({ card, saved, contract }: Props) {
  const state = useStudio();
  const draft = useDraft(card.id, saved.source);
  const editor = useRef<CodeEditorHandle>(null);
  const runner = useRef<HTMLButtonElement>(null);
  const [trial, setTrial] = useState(() => firstTrial(card, contract, state.webhook));
  const [compared, setCompared] = useState<string | null>(null);
  const [published, setPublished] = useState<string | null>(null);
  const [wide, { toggle: widen }] = useDisclosure();
  const [saving, save] = useDisclosure();
  const writes = useRight("modules.write");
  const present = usePresent(draft.check, card.functions);
  const run = () => {
    state.set({ tab: "run" });
    window.setTimeout(() => runner.current?.click());
  };
  const tryIt = (next: Trial) => {
    setTrial(next);
    state.set({ tab: "run" });
  };
  return (
    <>
      <StudioHeader
        card={card}
        saved={saved}
        changed={draft.changed}
        wide={wide}
        onWide={widen}
        onSave={save.open}
        onCompare={() => setCompared(card.liveVersionId ?? saved.id)}
        onPublish={() => setPublished(saved.id)}
      />
      {card.suspendedAt && <Suspended at={card.suspendedAt} />}
      <div className={classes.studio} data-wide={wide || undefined}>
        <FunctionList
          contract={contract}
          present={present}
          moduleId={card.id}
          source={draft.source}
          onSource={draft.setSource}
          onTry={(name) => tryIt({ name, origin: "sample", callId: null, webhookId: trial.webhookId })}
        />
        <div className={classes.main}>
          <EditorPane card={card} saved={saved} contract={contract} draft={draft} editor={editor} onRun={run} onSave={draft.changed && writes ? save.open : undefined} />
          <Problems check={draft.check} checking={draft.checking} onShow={(found) => editor.current?.show(found.line, found.column)} />
        </div>
        <SidePanel
          card={card}
          saved={saved}
          contract={contract}
          draft={draft}
          trial={trial}
          onTrial={setTrial}
          onTry={tryIt}
          runner={runner}
          onCompare={setCompared}
          onPublish={setPublished}
        />
      </div>
      <SaveVersion opened={saving} onClose={save.close} card={card} number={saved.number + 1} source={draft.source} check={draft.check} />
      <CompareDialog moduleId={card.id} before={compared} source={draft.source} onClose={() => setCompared(null)} />
      <PublishDialog card={card} versionId={published} onClose={() => setPublished(null)} />
    </>
  );
}

/** The functions that the text defines; while it can't be read, those that it defined before. */
function usePresent(check: CheckResult | undefined, saved: string[]): string[] {
  const [known, setKnown] = useState(saved);
  const readable = check && !check.diagnostics.some((one) => one.kind === "syntax");
  if (readable && check.functions !== known) setKnown(check.functions);
  return known;
}

function firstTrial(card: ModuleCard, contract: Contract, webhookId: string | undefined): Trial {
  if (webhookId) return { name: PARSE_WEBHOOK, origin: "webhook", callId: null, webhookId };
  const present = contract.functions.find((one) => card.functions.includes(one.name));
  return { name: (present ?? contract.functions[0])?.name ?? "", origin: "sample", callId: null, webhookId: null };
}

/** A module that tried to leave the sandbox, and who may switch it on again. */
function Suspended({ at }: { at: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Alert color="red" mb="sm" title={t("studio.suspendedTitle", { at: format.exact(at) })}>
      {t("studio.suspendedText")}
    </Alert>
  );
}
