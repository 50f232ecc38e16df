import { Alert, Anchor, Button, Group, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { syncs, type SyncService, type SyncTarget } from "../../api/syncs";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { folded } from "./draft";
import type { FormPart } from "./SyncForm";

/** Where to: an account, and a list of its service or a new one. */
export function TargetFields({ draft, put, named }: FormPart & { named: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(syncs.services);
  const usable = (data?.items ?? []).filter((each) => !each.whyNot);
  const only = usable.length === 1 ? usable[0] : undefined;
  useEffect(() => {
    if (only && !draft.accountId) put({ accountId: only.id });
  });
  return (
    <Panel title={t("syncs.target")} description={t("syncs.targetHint")}>
      <Stack>
        {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {!data && !error && <RowsLoading rows={2} />}
        {data && usable.length === 0 && <NoAccounts />}
        {data && data.items.length > 0 && <AccountChoice accounts={data.items} draft={draft} put={put} />}
        {draft.accountId && <ListChoice key={draft.accountId} accountId={draft.accountId} draft={draft} put={put} named={named} />}
      </Stack>
    </Panel>
  );
}

function NoAccounts() {
  const { t } = useTranslation();
  const action = (
    <Button component={Link} to="/accounts" variant="default">
      {t("shell.nav.accounts")}
    </Button>
  );
  return <EmptyState compact icon={IconPlugConnected} title={t("syncs.noAccounts")} text={t("syncs.noAccountsHint")} actions={action} />;
}

function AccountChoice({ accounts, draft, put }: FormPart & { accounts: SyncService[] }) {
  const { t } = useTranslation();
  const label = ({ title, moduleTitle }: SyncService) => `${title} · ${localised(moduleTitle)}`;
  const refused = accounts.filter((each) => each.whyNot);
  return (
    <Stack gap={6}>
      <Select
        maw={520}
        required
        allowDeselect={false}
        label={t("syncs.account")}
        placeholder={t("syncs.accountChoose")}
        data={accounts.map((each) => ({ value: each.id, label: label(each), disabled: each.whyNot !== null }))}
        value={draft.accountId}
        onChange={(accountId) => put({ accountId, listExternalId: null })}
      />
      {refused.map((each) => (
        <Text key={each.id} size="xs" c="dimmed">
          {each.title}: {each.whyNot}
        </Text>
      ))}
    </Stack>
  );
}

/** The service's lists by name; a new one is offered only where none of its name exists. */
function ListChoice({ accountId, draft, put, named }: FormPart & { accountId: string; named: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, isFetching, refetch } = useQuery(syncs.targets(accountId));
  useNameOfSource(draft, put, named);
  if (error && !data) return <ProblemPanel problem={error} retry={() => void refetch()} />;
  if (!data || (isFetching && data.items.length === 0)) return <RowsLoading rows={2} />;
  const choose = (target: SyncTarget | undefined) => target && put({ makesList: false, listExternalId: target.externalId, listTitle: target.title });
  const size = (target: SyncTarget) => (target.subscribers === null ? "" : ` · ${t("syncs.subscribers", { count: target.subscribers, shown: format.number(target.subscribers) })}`);
  const chosen = data.items.find(({ externalId }) => externalId === draft.listExternalId);
  const same = draft.makesList ? data.items.find(({ title }) => folded(title) === folded(draft.listTitle)) : undefined;
  const turn = (makes: boolean) => put(makes ? { makesList: true, listExternalId: null, listTitle: named } : { makesList: false, listTitle: "" });
  return (
    <Stack>
      <Radio.Group label={t("syncs.list")} value={draft.makesList ? "new" : "known"} onChange={(kind) => turn(kind === "new")}>
        <Group mt={6} gap="lg">
          <Radio value="known" label={t("syncs.listKnown")} />
          {data.canCreateList && <Radio value="new" label={t("syncs.listNew")} />}
        </Group>
      </Radio.Group>
      {draft.makesList ? (
        <TextInput
          maw={520}
          required
          maxLength={255}
          label={t("syncs.listName")}
          placeholder={named}
          value={draft.listTitle}
          onChange={(event) => put({ listTitle: event.currentTarget.value })}
        />
      ) : (
        <Select
          maw={520}
          required
          searchable
          allowDeselect={false}
          label={t("syncs.listAtService")}
          placeholder={t("syncs.listChoose")}
          nothingFoundMessage={t("syncs.noLists")}
          data={data.items.map((each) => ({ value: each.externalId, label: each.title + size(each), disabled: each.syncId !== null }))}
          value={draft.listExternalId}
          onChange={(id) => choose(data.items.find(({ externalId }) => externalId === id))}
        />
      )}
      {same && <Same target={same} size={size(same)} choose={() => choose(same)} />}
      {chosen?.syncId && <Taken id={chosen.syncId} />}
    </Stack>
  );
}

/** A new list is called like what is synced, until a person calls it otherwise. */
function useNameOfSource(draft: FormPart["draft"], put: FormPart["put"], named: string): void {
  const before = useRef(named);
  useEffect(() => {
    const was = before.current;
    before.current = named;
    if (was !== named && draft.makesList && (draft.listTitle === was || draft.listTitle === "")) put({ listTitle: named });
  });
}

/** A list of the name is there: it is offered, and not doubled. */
function Same({ target, size, choose }: { target: SyncTarget; size: string; choose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert color="orange" title={t("syncs.sameTitle", { name: target.title }) + size}>
      <Group justify="space-between" gap="sm">
        <Text size="sm">{t(target.syncId ? "syncs.sameTaken" : "syncs.sameText")}</Text>
        {target.syncId ? (
          <Anchor size="sm" component={Link} to={`/syncs/${target.syncId}`}>
            {t("syncs.open")}
          </Anchor>
        ) : (
          <Button size="xs" onClick={choose}>
            {t("syncs.sameChoose")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

function Taken({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <Text size="sm">
      {t("syncs.taken")}{" "}
      <Anchor inherit component={Link} to={`/syncs/${id}`}>
        {t("syncs.open")}
      </Anchor>
    </Text>
  );
}
