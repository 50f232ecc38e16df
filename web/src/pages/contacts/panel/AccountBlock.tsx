import { ActionIcon, Badge, Tabs, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PanelAccount, PanelCard } from "../../../api/panel";
import { localised } from "../../../i18n";
import { Panel } from "../../../ui/Panel";
import { useFolded } from "./folded";
import { Profile } from "./Profile";
import classes from "./panel.module.css";

/** One account: the person's addresses as tabs; each is asked about when it is opened. */
export function AccountBlock({ account, card }: { account: PanelAccount; card: PanelCard }) {
  const { t } = useTranslation();
  const [folded, turn] = useFolded(account.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const addresses = card.emails.map((each) => each.address);
  const shown = chosen !== null && addresses.includes(chosen) ? chosen : (addresses[0] ?? "");
  const service = localised(account.moduleTitle);
  const profile = (email: string) => <Profile account={account} email={email} known={card.contactId !== null} />;
  const fold = (
    <>
      {account.failing && <Badge color="red">{t("panel.failing")}</Badge>}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-expanded={!folded}
        aria-label={t(folded ? "panel.unfoldOf" : "panel.foldOf", { account: account.title })}
        onClick={turn}
      >
        {folded ? <IconChevronRight size={18} /> : <IconChevronDown size={18} />}
      </ActionIcon>
    </>
  );
  const described = { title: account.title, description: service === account.title ? undefined : service, actions: fold };
  if (folded) return <Panel {...described}>{null}</Panel>;
  return (
    <Panel {...described}>
      {addresses.length === 1 ? (
        <>
          <Text size="sm" fw={600} mb="sm" style={{ overflowWrap: "anywhere" }}>
            {shown}
          </Text>
          {profile(shown)}
        </>
      ) : (
        <Tabs unstyled value={shown} onChange={setChosen} keepMounted={false} activateTabWithKeyboard={false}>
          <Tabs.List className={classes.tabs} aria-label={t("panel.emailsOf", { account: account.title })}>
            {addresses.map((address) => (
              <Tabs.Tab key={address} value={address} className={classes.tab}>
                {address}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {addresses.map((address) => (
            <Tabs.Panel key={address} value={address}>
              {profile(address)}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </Panel>
  );
}
