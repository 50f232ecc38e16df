import { Badge, Group, Pagination, Stack } from "@mantine/core";
import { IconClipboardList } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { card, type ConsentRow } from "../../api/card";
import type { ContactCard } from "../../api/contacts";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";
import { useGround } from "./ground";

const SIZE = 10;

/** Everything that a contact ever chose, with when, how and from where. */
export function ConsentRecord({ contact, opened, onClose }: { contact: ContactCard; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onClose} title={t("card.consentRecordOf", { name: contact.name })} size="xl">
      {opened && <Record contactId={contact.id} />}
    </Dialog>
  );
}

function Record({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ground = useGround();
  const [page, setPage] = useState(1);
  const { data, error, isPending } = useQuery(card.consents(contactId, undefined, (page - 1) * SIZE, SIZE));
  if (error && !data) return <ProblemPanel problem={error} />;
  if (isPending) return <RowsLoading rows={3} />;
  if (data.total === 0) return <EmptyState compact icon={IconClipboardList} title={t("card.noConsents")} text={t("card.noConsentsHint")} />;
  return (
    <Stack>
      <Rows<ConsentRow>
        label={t("card.consentRecord")}
        rows={data.items}
        rowKey={(row) => `${row.at}${row.categoryId}${row.state}`}
        columns={[
          { key: "category", title: t("card.category"), render: (row) => row.category ?? t("card.allCategories") },
          {
            key: "state",
            title: t("card.choice"),
            render: (row) => <Badge color={row.state === "given" ? "teal" : "orange"}>{t(`card.${row.state}`)}</Badge>,
          },
          { key: "at", title: t("card.when"), render: (row) => format.dateTime(row.at) },
          { key: "how", title: t("card.how"), render: (row) => ground(row.how) || "—" },
          { key: "where", title: t("card.fromWhere"), render: (row) => ground(row.fromWhere) || "—" },
        ]}
      />
      {data.total > SIZE && (
        <Group justify="flex-end">
          <Pagination
            size="sm"
            total={Math.ceil(data.total / SIZE)}
            value={page}
            onChange={setPage}
            getControlProps={(control) => ({ "aria-label": t(`common.page.${control}`) })}
            getItemProps={(number) => ({ "aria-label": t("common.pageNumber", { page: number }) })}
          />
        </Group>
      )}
    </Stack>
  );
}
