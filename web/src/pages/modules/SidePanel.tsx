import { Tabs } from "@mantine/core";
import type { Ref } from "react";
import { useTranslation } from "react-i18next";
import type { Contract } from "../../api/contract";
import type { ModuleCard, Version } from "../../api/modules";
import { CallsPanel } from "./calls/CallsPanel";
import { HostsPanel } from "./hosts/HostsPanel";
import { RunPanel, type Trial } from "./run/RunPanel";
import { TABS, type StudioTab } from "./search";
import { SettingsPanel } from "./SettingsPanel";
import classes from "./Studio.module.css";
import { TestsPanel } from "./tests/TestsPanel";
import type { Draft } from "./use-draft";
import { useStudio } from "./use-studio";
import { Versions } from "./versions/Versions";

interface Props {
  card: ModuleCard;
  saved: Version;
  contract: Contract;
  draft: Draft;
  trial: Trial;
  onTrial: (trial: Trial) => void;
  /** Runs the function of a trial in the first tab. */
  onTry: (trial: Trial) => void;
  runner: Ref<HTMLButtonElement>;
  onCompare: (version: string) => void;
  onPublish: (version: string) => void;
}

/** What stands beside the text: runs, recorded calls, tests, versions, hosts, settings. */
export function SidePanel(props: Props) {
  const { card, saved, contract, draft, trial, onTrial, onTry, runner, onCompare, onPublish } = props;
  const { t } = useTranslation();
  const state = useStudio();
  return (
    <Tabs
      value={state.tab ?? "run"}
      onChange={(tab) => state.set({ tab: (tab as StudioTab | null) ?? "run", call: undefined })}
      className={classes.side}
      keepMounted={false}
    >
      <Tabs.List mb="md">
        {TABS.map((tab) => (
          <Tabs.Tab key={tab} value={tab}>
            {t(`studio.tab.${tab}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="run" keepMounted>
        <RunPanel card={card} contract={contract} source={draft.source} trial={trial} onTrial={onTrial} runner={runner} />
      </Tabs.Panel>
      <Tabs.Panel value="calls">
        <CallsPanel card={card} contract={contract} source={draft.source} onTry={onTry} />
      </Tabs.Panel>
      <Tabs.Panel value="tests">
        <TestsPanel moduleId={card.id} source={draft.source} />
      </Tabs.Panel>
      <Tabs.Panel value="versions">
        <Versions card={card} onCompare={onCompare} onPublish={onPublish} onRestore={draft.setSource} />
      </Tabs.Panel>
      <Tabs.Panel value="hosts">
        <HostsPanel moduleId={card.id} />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <SettingsPanel card={card} version={saved} />
      </Tabs.Panel>
    </Tabs>
  );
}
