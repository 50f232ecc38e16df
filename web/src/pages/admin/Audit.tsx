import { Alert, Anchor, Badge, Button, CloseButton, Group, Select, Stack, Text } from "@mantine/core";
import { IconDownload, IconHistory, IconShieldCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { people, type AuditFilter, type AuditRow, type AuditVerdict } from "../../api/people";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { DayPicker } from "../../ui/DayPicker";
import { useListState, type ListState } from "../../ui/list-state";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { useRight } from "../../api/session";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";

/** Who did what: names of what changed, never values. */
export default function Audit() {
  const { t } = useTranslation();
  const list = useListState();
  const filter = filterOf(list);
  const source = useQuery(people.audit({ ...filter, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  const verifying = useMutation({ mutationFn: people.verifyAudit });
  return (
    <>
      <PageHeader
        title={t("audit.title")}
        description={t("audit.description")}
        actions={
          <Group gap="xs">
            <Button variant="default" component="a" href={`/api/v1/audit/export?${new URLSearchParams(given(filter))}`} download leftSection={<IconDownload size={16} />}>
              {t("audit.csv")}
            </Button>
            <Button variant="default" leftSection={<IconShieldCheck size={16} />} loading={verifying.isPending} onClick={() => verifying.mutate()}>
              {t("audit.verify")}
            </Button>
          </Group>
        }
      />
      <div role="status">{verifying.data && <Verdict found={verifying.data} onClose={verifying.reset} />}</div>
      {verifying.error && <ProblemPanel problem={verifying.error} />}
      <DataList<AuditRow>
        label={t("audit.title")}
        source={source}
        list={list}
        columns={useColumns()}
        filters={<Filters list={list} />}
        empty={<EmptyState icon={IconHistory} title={t("audit.empty")} text={t("audit.emptyHint")} />}
      />
    </>
  );
}

function filterOf(list: ListState): AuditFilter {
  const { userId, keyId, action, kind, objectId, since, until } = list;
  return { userId, keyId, by: list.by === "key" || list.by === "system" ? list.by : undefined, action, kind, objectId, since, until };
}

const given = (filter: AuditFilter): Record<string, string> => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));

/** Whether the chain holds, in words. */
function Verdict({ found, onClose }: { found: AuditVerdict; onClose: () => void }) {
  const { t } = useTranslation();
  const text = found.holds ? t("audit.holds", { count: found.sealed }) : t(`audit.problem.${found.problem}`);
  return (
    <Alert mb="md" color={found.holds ? "teal" : "red"} title={t(found.holds ? "audit.whole" : "audit.broken")} withCloseButton closeButtonLabel={t("common.close")} onClose={onClose}>
      <Stack gap={4}>
        <Text size="sm">{text}</Text>
        {!found.holds && <Text size="sm">{t("audit.where", { number: found.number ?? "–", row: found.rowId ?? "–" })}</Text>}
      </Stack>
    </Alert>
  );
}

function Filters({ list }: { list: ListState }) {
  const { t, i18n } = useTranslation();
  const known = useQuery(people.auditActions).data ?? [];
  const actions = [...new Set(known.map(({ action }) => action))]
    .map((action) => ({ value: action, label: t(`audit.actionOf.${action.replace(".", "_")}`, { defaultValue: action }) }))
    .toSorted((one, other) => one.label.localeCompare(other.label, i18n.language));
  return (
    <>
      <Person list={list} />
      <Select
        w={{ base: "100%", xs: 260 }}
        aria-label={t("audit.action")}
        placeholder={t("audit.anyAction")}
        searchable
        clearable
        clearButtonProps={{ "aria-label": t("audit.anyAction") }}
        value={list.action ?? null}
        data={actions}
        onChange={(action) => list.set({ action: action ?? undefined, page: 1 })}
      />
      <DayPicker w={{ base: "100%", xs: 150 }} aria-label={t("audit.since")} placeholder={t("audit.since")} value={list.since ?? null} onChange={(day) => list.set({ since: day ?? undefined, page: 1 })} />
      <DayPicker w={{ base: "100%", xs: 150 }} aria-label={t("audit.until")} placeholder={t("audit.until")} value={list.until ?? null} onChange={(day) => list.set({ until: day ?? undefined, page: 1 })} />
      {list.keyId && <Only text={t("audit.onlyKey")} onAll={() => list.set({ keyId: undefined, page: 1 })} />}
      {(list.kind || list.objectId) && <Only text={t("audit.onlyObject")} onAll={() => list.set({ kind: undefined, objectId: undefined, page: 1 })} />}
    </>
  );
}

/** Says that the list is of one thing, as a link led to it, and lets go of that. */
function Only({ text, onAll }: { text: string; onAll: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="sm">{text}</Text>
      <CloseButton size="sm" aria-label={t("audit.all")} onClick={onAll} />
    </Group>
  );
}

/** Whose actions are shown: a person's, those of keys, or the platform's own. */
function Person({ list }: { list: ListState }) {
  const { t } = useTranslation();
  const reads = useRight("users.manage");
  const known = useQuery({ ...people.users({ search: "", offset: 0, limit: 200 }), enabled: reads }).data?.items ?? [];
  const others = [
    { value: "key", label: t("audit.anyKey") },
    { value: "system", label: t("audit.system") },
  ];
  return (
    <Select
      w={{ base: "100%", xs: 220 }}
      aria-label={t("audit.who")}
      placeholder={t("audit.anybody")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("audit.anybody") }}
      value={list.by ?? list.userId ?? null}
      data={[...known.map(({ id, name }) => ({ value: id, label: name })), ...others]}
      onChange={(value) => {
        const isOther = value === "key" || value === "system";
        list.set({ by: isOther ? value : undefined, userId: isOther ? undefined : (value ?? undefined), page: 1 });
      }}
    />
  );
}

/** Where the thing that was changed is to be seen, for what has a page of its own. */
const PAGES: Record<string, string> = {
  account: "/accounts", campaign: "/campaigns", category: "/categories", company: "/companies", contact: "/contacts",
  import: "/imports", module: "/modules", segment: "/segments",
};

/** What is no more to be seen afterwards. */
const GONE = /\.(erased|deleted)$/;

function Action({ row }: { row: AuditRow }) {
  const { t } = useTranslation();
  const words = t(`audit.actionOf.${row.action.replace(".", "_")}`, { defaultValue: row.action });
  const page = GONE.test(row.action) ? undefined : PAGES[row.kind];
  if (!page || !row.objectId) return <Text size="sm">{words}</Text>;
  return (
    <Anchor component={Link} to={`${page}/${row.objectId}`} size="sm">
      {words}
    </Anchor>
  );
}

function useColumns(): Column<AuditRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { key: "at", title: t("audit.at"), render: (row) => <span className="numbers">{format.exact(row.at)}</span> },
    { key: "who", title: t("audit.who"), render: (row) => row.userName ?? row.keyName ?? t(row.keyId ? "audit.key" : "audit.system") },
    {
      key: "action",
      title: t("audit.action"),
      render: (row) => <Action row={row} />,
    },
    {
      key: "fields",
      title: t("audit.fields"),
      hide: "phone",
      render: (row) => (
        <Group gap={4}>
          {row.fields.map((field) => (
            <Badge key={field} color="gray" size="sm">
              {t(`audit.fieldOf.${field}`, { defaultValue: field })}
            </Badge>
          ))}
        </Group>
      ),
    },
  ];
}
