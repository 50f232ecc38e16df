import { ActionIcon, Button, Group, Skeleton, Stack, Text, Title, Tooltip } from "@mantine/core";
import { useDisclosure, useInterval } from "@mantine/hooks";
import { IconMailPlus, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PanelAccount, PanelActivity, PanelBlock, PanelCampaign } from "../../../api/panel";
import { useFormat } from "../../../ui/format";
import { describeProblem } from "../../../ui/problems";
import { ListState } from "./ListState";
import classes from "./panel.module.css";
import { panelQueries, usePanelSource } from "./source";
import { Trouble } from "./Trouble";

const SubscriptionsDialog = lazy(() => import("./SubscriptionsDialog"));

/** Problems of an account that its settings are the cause of. */
const MENDED_IN_SETTINGS = new Set(["module_key_refused", "module_host_forbidden", "module_unavailable"]);
const TICK_MS = 15_000;
const JUST_NOW_MS = 10_000;

interface Props {
  account: PanelAccount;
  email: string;
  /** The address is a contact's. */
  known: boolean;
}

/** What one account's service knows of one address. */
export function Profile({ account, email, known }: Props) {
  const { t } = useTranslation();
  const source = usePanelSource();
  const client = useQueryClient();
  const [changing, dialog] = useDisclosure();
  const query = panelQueries.block(source, account.id, email);
  const { data, error, refetch, isFetching, dataUpdatedAt } = useQuery(query);
  const anew = useMutation({
    mutationFn: () => source.block(account.id, email, true),
    onSuccess: (block) => client.setQueryData(query.queryKey, block),
  });
  const busy = anew.isPending || isFetching;
  if (!data) {
    return error ? <Trouble {...describeProblem(error)} busy={busy} retry={() => void refetch()} /> : <Outline />;
  }
  const unknown = data.found === null && account.teller === "service";
  const problem = data.problem ?? (anew.error ? describeProblem(anew.error) : null);
  const { Mend } = source;
  const mend = Mend && account.mayMend && data.problem && MENDED_IN_SETTINGS.has(data.problem.code) && <Mend accountId={account.id} />;
  const change = account.mayChange && (
    <Button size="compact-sm" variant="light" leftSection={<IconMailPlus size={15} />} onClick={dialog.open}>
      {t(data.lists.length === 0 ? "panel.add" : "panel.change")}
    </Button>
  );
  return (
    <Stack gap="md">
      {problem && (
        <Trouble title={problem.title} detail={problem.detail ?? ""} mild={!unknown} busy={busy} retry={() => anew.mutate()} mend={mend} />
      )}
      {!unknown && <Lists block={data} account={account} change={change} />}
      {data.recentCampaigns.length > 0 && <Campaigns of={data.recentCampaigns} />}
      {data.activity && <Activity of={data.activity} />}
      {account.teller === "vestnik" && data.recentCampaigns.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("panel.nothingSent")}
        </Text>
      )}
      {data.fetchedAt && (
        <Group justify="space-between" gap="xs" wrap="nowrap">
          <Age ms={(data.ageS ?? 0) * 1000} since={dataUpdatedAt} at={data.fetchedAt} />
          <Tooltip label={t("panel.refresh")}>
            <ActionIcon variant="subtle" color="gray" loading={busy} aria-label={t("panel.refreshOf", { account: account.title })} onClick={() => anew.mutate()}>
              <IconRefresh size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      )}
      {changing && (
        <Suspense>
          <SubscriptionsDialog account={account} email={email} known={known} onClose={dialog.close} />
        </Suspense>
      )}
    </Stack>
  );
}

function Outline() {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status" aria-label={t("common.loading")}>
      {["70%", "55%", "80%", "40%"].map((width) => (
        <Skeleton key={width} h={13} w={width} />
      ))}
    </Stack>
  );
}

function Part({ title, note, children }: { title: string; note?: string | false; children: ReactNode }) {
  return (
    <div>
      <Title order={3} fz="sm" mb={note ? 0 : 6}>
        {title}
      </Title>
      {note && (
        <Text size="xs" c="dimmed" mb={6}>
          {note}
        </Text>
      )}
      {children}
    </div>
  );
}

function Lists({ block, account, change }: { block: PanelBlock; account: PanelAccount; change: ReactNode }) {
  const { t } = useTranslation();
  if (account.teller === "vestnik") {
    return (
      <Stack gap="xs" align="flex-start">
        <Text size="sm" c="dimmed">
          {t("panel.serviceTellsNothing")}
        </Text>
        {change}
      </Stack>
    );
  }
  if (block.lists.length === 0) {
    return (
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t(block.found ? "panel.inNoList" : "panel.notFound")}</Text>
        {change}
      </Stack>
    );
  }
  return (
    <Part title={t("panel.lists")}>
      <ul className={classes.list}>
        {block.lists.map((each) => (
          <li key={each.externalId} className={classes.item}>
            <ListState title={each.title} status={each.status} />
          </li>
        ))}
      </ul>
      {change && <Group mt="sm">{change}</Group>}
    </Part>
  );
}

function Campaigns({ of }: { of: PanelCampaign[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { Campaign } = usePanelSource();
  const done = useDone();
  return (
    <Part title={t("panel.campaigns")} note={of[0]?.source === "vestnik" && t("panel.ownDeliveries")}>
      <ul className={classes.list}>
        {of.map((each) => (
          <li key={`${each.sentAt}${each.name}`}>
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {each.campaignId !== null && Campaign ? <Campaign id={each.campaignId} name={each.name} /> : each.name}
            </Text>
            <Text size="xs" c="dimmed">
              {[each.sentAt && format.date(each.sentAt), done(each)].filter(Boolean).join(" · ")}
            </Text>
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** What a person did with a letter, in words. */
function useDone(): (campaign: PanelCampaign) => string {
  const { t } = useTranslation();
  return ({ opens, clicks }) => {
    if (opens === null && clicks === null) return t("panel.doneUnknown");
    if (!opens && !clicks) return t("panel.notOpened");
    return [opens !== null && opens > 0 && t("panel.opened", { count: opens }), clicks !== null && t("panel.clicked", { count: clicks })]
      .filter(Boolean)
      .join(", ");
  };
}

function Activity({ of }: { of: PanelActivity }) {
  const { t } = useTranslation();
  const format = useFormat();
  const average = (value: number) => format.number(Math.round(value * 100) / 100);
  const facts = [
    of.averageOpens !== null && { name: t("panel.averageOpens"), value: average(of.averageOpens), source: of.source },
    of.averageClicks !== null && { name: t("panel.averageClicks"), value: average(of.averageClicks), source: of.source },
    of.lastOpenedAt !== null && { name: t("panel.lastOpened"), value: format.date(of.lastOpenedAt), source: of.lastSource },
    of.lastClickedAt !== null && { name: t("panel.lastClicked"), value: format.date(of.lastClickedAt), source: of.lastSource },
  ].filter((fact) => fact !== false);
  if (facts.length === 0) return null;
  const own = facts.filter((fact) => fact.source === "vestnik");
  const all = own.length === facts.length;
  return (
    <Part title={t("panel.activity")} note={all && t("panel.ownDeliveries")}>
      <dl style={{ margin: 0 }}>
        {facts.map((fact) => (
          <Group key={fact.name} gap="xs" justify="space-between" wrap="nowrap" align="baseline">
            <Text component="dt" size="sm" c="dimmed">
              {fact.name}
              {!all && fact.source === "vestnik" && ` (${t("panel.own")})`}
            </Text>
            <Text component="dd" size="sm" m={0} ta="end" className="numbers">
              {fact.value}
            </Text>
          </Group>
        ))}
      </dl>
    </Part>
  );
}

/** How old an answer is; it was `ms` old when it came, at `since`. */
function Age({ ms, since, at }: { ms: number; since: number; at: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [now, setNow] = useState(Date.now);
  useInterval(() => setNow(Date.now()), TICK_MS, { autoInvoke: true });
  const present = Math.max(now, since);
  const age = ms + present - since;
  const words = age < JUST_NOW_MS ? t("panel.justNow") : format.ago(new Date(present - age).toISOString());
  return (
    <Text size="xs" c="dimmed" title={format.exact(at)}>
      {t("panel.updated", { ago: words })}
    </Text>
  );
}
