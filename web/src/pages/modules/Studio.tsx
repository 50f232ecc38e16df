import { Badge, Button, Grid, SegmentedControl, Stack, Tabs } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDeviceFloppy } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { contractQuery, type Contract } from "../../api/contract";
import { modules, type ModuleCard } from "../../api/modules";
import { useRight } from "../../api/session";
import { CodeEditor, type CodeEditorHandle } from "../../editor/CodeEditor";
import { contractCompletions } from "../../editor/completions";
import { localised } from "../../i18n";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";
import { Calls } from "./Calls";
import { Changes } from "./Changes";
import { FunctionList } from "./FunctionList";
import { ModuleMenu } from "./ModuleMenu";
import { Problems } from "./Problems";
import { RunPanel } from "./RunPanel";
import { SaveVersion } from "./SaveVersion";
import classes from "./Studio.module.css";
import { useDraft } from "./use-draft";
import { Versions } from "./Versions";

const route = getRouteApi("/inside/modules/$id");

export default function StudioPage() {
  const { id } = route.useParams();
  const card = useQuery(modules.card(id));
  const contract = useQuery(contractQuery);
  const problem = card.error ?? contract.error;
  if (problem) return <PageProblem problem={problem} retry={() => void card.refetch()} />;
  if (!card.data || !contract.data) return <PageLoading />;
  return <Studio key={card.data.live.id} card={card.data} contract={contract.data} />;
}

function Studio({ card, contract }: { card: ModuleCard; contract: Contract }) {
  const { t } = useTranslation();
  const draft = useDraft(card);
  const editor = useRef<CodeEditorHandle>(null);
  const runner = useRef<HTMLButtonElement>(null);
  const [view, setView] = useState<"code" | "changes">("code");
  const [compared, setCompared] = useState(card.live.id);
  const [panel, setPanel] = useState<string | null>("run");
  const [called, setCalled] = useState(() => firstFunction(card, contract));
  const [saving, save] = useDisclosure();
  const writes = useRight("modules.write");
  const publishes = useRight("modules.publish");
  const completions = useMemo(() => contractCompletions(contract, settingNames(card)), [contract, card]);
  const run = () => {
    setPanel("run");
    window.setTimeout(() => runner.current?.click());
  };
  const compare = (version: string) => {
    setCompared(version);
    setView("changes");
  };
  const tryFunction = (name: string) => {
    setCalled(name);
    setPanel("run");
  };
  return (
    <>
      <PageHeader
        title={localised(card.title)}
        back={{ to: "/modules", label: t("shell.nav.modules") }}
        badges={
          <>
            <StatusBadge kind="module" state={card.enabled ? "enabled" : "disabled"} />
            <Badge color="gray">{t("modules.version", { number: card.live.number })}</Badge>
            {draft.changed && <Badge color="yellow">{t("studio.unsaved")}</Badge>}
          </>
        }
        actions={
          writes && (
            <>
              <ModuleMenu card={card} />
              {publishes && (
                <Button leftSection={<IconDeviceFloppy size={16} />} disabled={!draft.changed} onClick={save.open}>
                  {t("studio.save")}
                </Button>
              )}
            </>
          )
        }
      />
      <Grid gap="md" align="stretch">
        <Grid.Col span={{ base: 12, lg: 7.5 }}>
          <Stack gap="sm" className={classes.main}>
            <div className={`framed ${classes.editor}`}>
              <div className={classes.toolbar}>
                <SegmentedControl
                  size="xs"
                  aria-label={t("studio.view")}
                  value={view}
                  onChange={(value) => setView(value as "code" | "changes")}
                  data={[
                    { value: "code", label: t("studio.code") },
                    { value: "changes", label: t("studio.changes") },
                  ]}
                />
              </div>
              {view === "code" ? (
                <CodeEditor
                  ref={editor}
                  language="python"
                  label={t("studio.editorLabel")}
                  value={draft.source}
                  onChange={draft.setSource}
                  diagnostics={draft.check?.diagnostics}
                  completions={completions}
                  onRun={run}
                  onSave={draft.changed && publishes ? save.open : undefined}
                  readOnly={!writes}
                />
              ) : (
                <Changes moduleId={card.id} version={compared} onVersion={setCompared} after={draft.source} />
              )}
            </div>
            <Problems check={draft.check} checking={draft.checking} onShow={(found) => {
              setView("code");
              window.setTimeout(() => editor.current?.show(found.line, found.column));
            }} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4.5 }}>
          <Tabs value={panel} onChange={setPanel} className={classes.side} keepMounted={false}>
            <Tabs.List mb="md" grow>
              <Tabs.Tab value="run">{t("studio.run")}</Tabs.Tab>
              <Tabs.Tab value="functions">{t("studio.functions")}</Tabs.Tab>
              <Tabs.Tab value="versions">{t("studio.versions")}</Tabs.Tab>
              <Tabs.Tab value="calls">{t("studio.calls")}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="run" keepMounted>
              <RunPanel card={card} contract={contract} source={draft.source} name={called} onName={setCalled} runner={runner} />
            </Tabs.Panel>
            <Tabs.Panel value="functions">
              <FunctionList contract={contract} present={draft.check?.functions ?? card.functions} onTry={tryFunction} />
            </Tabs.Panel>
            <Tabs.Panel value="versions">
              <Versions card={card} onCompare={compare} onRestore={draft.setSource} />
            </Tabs.Panel>
            <Tabs.Panel value="calls">
              <Calls moduleId={card.id} />
            </Tabs.Panel>
          </Tabs>
        </Grid.Col>
      </Grid>
      <SaveVersion opened={saving} onClose={save.close} card={card} source={draft.source} check={draft.check} />
    </>
  );
}

function firstFunction(card: ModuleCard, contract: Contract): string {
  const present = contract.functions.find((one) => card.functions.includes(one.name));
  return (present ?? contract.functions[0])?.name ?? "";
}

function settingNames(card: ModuleCard): string[] {
  const schema = card.live.manifest.settings as { properties?: object } | undefined;
  return Object.keys(schema?.properties ?? {});
}
