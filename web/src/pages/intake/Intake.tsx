import { Button, Tabs } from "@mantine/core";
import { IconInbox } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { Channels } from "./Channels";
import { Classic } from "./Classic";
import { Collectors } from "./Collectors";
import { Distribution } from "./Distribution";
import { Doors } from "./Doors";
import { Partners } from "./Partners";

const TABS = { collectors: Collectors, doors: Doors, classic: Classic, distribution: Distribution, sources: Sources } as const;
type Tab = keyof typeof TABS;

/** How leads come in, and to whom they go. */
export default function IntakePage() {
  const { t } = useTranslation();
  const list = useListState();
  const reads = useRight("leads.read");
  const tab: Tab = list.tab !== undefined && list.tab in TABS ? (list.tab as Tab) : "collectors";
  const unreadable = reads && (
    <Button variant="default" component={Link} to="/leads/inputs" search={{ state: "unreadable" } as never} leftSection={<IconInbox size={16} />}>
      {t("intake.inputs.unreadable")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("intake.title")} description={t("intake.description")} actions={unreadable} />
      <Tabs value={tab} onChange={(value) => list.set({ tab: value ?? undefined, page: undefined })} keepMounted={false}>
        <Tabs.List mb="md">
          {(Object.keys(TABS) as Tab[]).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`intake.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {(Object.entries(TABS) as [Tab, () => React.ReactNode][]).map(([name, Section]) => (
          <Tabs.Panel key={name} value={name}>
            <Section />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}

function Sources() {
  return (
    <>
      <Channels />
      <Partners />
    </>
  );
}
