import { Text } from "@mantine/core";
import { IconListDetails } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts, type AccountList } from "../../api/accounts";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { Rows } from "../../ui/Rows";

/** Which list of the service stands for which category. */
export function Lists({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const { data } = useQuery(accounts.lists(accountId));
  return (
    <Panel title={t("accounts.lists")} description={t("accounts.listsHint")}>
      {!data && <RowsLoading rows={2} />}
      {data?.items.length === 0 && (
        <EmptyState compact icon={IconListDetails} title={t("accounts.noLists")} text={t("accounts.noListsHint")} />
      )}
      {data && data.items.length > 0 && (
        <Rows<AccountList>
          label={t("accounts.lists")}
          rows={data.items}
          columns={[
            { key: "title", title: t("accounts.list"), render: (list) => list.title },
            { key: "id", title: t("accounts.listId"), render: (list) => <Text size="sm" ff="monospace">{list.externalId}</Text> },
            { key: "category", title: t("accounts.category"), render: (list) => list.categoryName ?? t("accounts.noCategory") },
          ]}
        />
      )}
    </Panel>
  );
}
