import { Button, Group, Select, Text } from "@mantine/core";
import { IconListDetails, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts, type AccountList } from "../../api/accounts";
import { contacts } from "../../api/contacts";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { Rows } from "../../ui/Rows";

/** Which list of the service stands for which category. */
export function Lists({ accountId, manages, fresh }: { accountId: string; manages: boolean; fresh?: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const kept = useQuery(accounts.lists(accountId));
  // Of an account that was connected just now the service is asked, unless connecting has asked it.
  const first = useQuery({
    queryKey: ["first-lists", accountId],
    queryFn: async () => {
      const page = await accounts.importLists(accountId);
      client.setQueryData(accounts.lists(accountId).queryKey, page);
      return page;
    },
    enabled: fresh === true && kept.data?.items.length === 0,
    staleTime: Infinity,
    retry: false,
  });
  const data = kept.data && kept.data.items.length > 0 ? kept.data : first.isLoading ? undefined : (first.data ?? kept.data);
  const asked = first.isFetched;
  return (
    <Panel title={t("accounts.lists")} description={t("accounts.listsHint")}>
      {!data && <RowsLoading rows={2} />}
      {data?.items.length === 0 && (
        <EmptyState compact icon={IconListDetails} title={t(asked ? "accounts.noListsYet" : "accounts.noLists")} text={t(asked ? "accounts.noListsYetHint" : "accounts.noListsHint")} />
      )}
      {data && data.items.length > 0 && (
        <Rows<AccountList>
          label={t("accounts.lists")}
          rows={data.items}
          columns={[
            { key: "title", title: t("accounts.list"), render: (list) => list.title },
            { key: "id", title: t("accounts.listId"), render: (list) => <Text size="sm" ff="monospace">{list.externalId}</Text> },
            {
              key: "category",
              title: t("accounts.category"),
              render: (list) =>
                manages ? <CategoryOf accountId={accountId} list={list} /> : (list.categoryName ?? t("accounts.noCategory")),
            },
          ]}
        />
      )}
      {manages && <ImportLists accountId={accountId} />}
    </Panel>
  );
}

function ImportLists({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const load = useMutation({
    mutationFn: () => accounts.importLists(accountId),
    onSuccess: (page) => client.setQueryData(accounts.lists(accountId).queryKey, page),
    onError: tellProblem,
  });
  return (
    <Group mt="md">
      <Button variant="default" size="sm" leftSection={<IconRefresh size={16} />} loading={load.isPending} onClick={() => load.mutate()}>
        {t("accounts.importLists")}
      </Button>
    </Group>
  );
}

function CategoryOf({ accountId, list }: { accountId: string; list: AccountList }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: categories } = useQuery(contacts.categories);
  const change = useMutation({
    mutationFn: (categoryId: string | null) => accounts.mapList(accountId, list.id, categoryId),
    onSuccess: (page) => client.setQueryData(accounts.lists(accountId).queryKey, page),
    onError: tellProblem,
  });
  return (
    <Select
      size="xs"
      clearable
      aria-label={t("accounts.categoryOf", { list: list.title })}
      placeholder={t("accounts.noCategory")}
      value={list.categoryId}
      disabled={change.isPending}
      data={(categories ?? []).map((category) => ({ value: category.id, label: category.title }))}
      onChange={(categoryId) => change.mutate(categoryId)}
    />
  );
}
