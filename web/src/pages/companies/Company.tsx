import { Button, Grid, Stack, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAddressBook, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { companies } from "../../api/card";
import type { ContactRow } from "../../api/contacts";
import { useRight } from "../../api/session";
import { Contactable } from "../../ui/Contactable";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { Field } from "../../ui/Field";
import { NOTHING, phone, useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { PendingBadge } from "./Companies";
import { CompanyDialog } from "./CompanyDialog";
import { NamePending } from "./NamePending";
import { Related } from "./Related";

const route = getRouteApi("/inside/companies/$id");

export default function CompanyPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const format = useFormat();
  const [editing, dialog] = useDisclosure();
  const writes = useRight("contacts.write");
  const { data, error, refetch } = useQuery(companies.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={data.name}
        description={data.inn && `${t("companies.inn")} ${data.inn}`}
        back={{ to: "/companies", label: t("companies.title") }}
        badges={data.namePending && <PendingBadge />}
        actions={
          writes && (
            <Button leftSection={<IconPencil size={16} />} onClick={dialog.open}>
              {t("companies.edit")}
            </Button>
          )
        }
      />
      {data.namePending && writes && <NamePending key={data.id} company={data} />}
      <Grid>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Panel title={t("companies.about")}>
            <Field label={t("companies.kind")}>{t(`companies.kinds.${data.kind}`)}</Field>
            <Field label={t("companies.inn")}>{data.inn ?? NOTHING}</Field>
            {data.kind === "company" && <Field label={t("companies.kpp")}>{data.kpp ?? NOTHING}</Field>}
            <Field label={t("companies.responsible")}>{data.responsible?.name ?? NOTHING}</Field>
            {data.emails.map((email) => (
              <Field key={email} label={t("companies.email")}>
                <Contactable text={email} />
              </Field>
            ))}
            {data.phones.map((each) => (
              <Field key={each} label={t("companies.phone")}>
                {phone(each)}
              </Field>
            ))}
            <Field label={t("companies.added")}>{format.dateTime(data.createdAt)}</Field>
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack>
            {data.related
              .filter((each) => each.kind !== "contacts") // they have a list of their own
              .map((each) => (
                <Related key={each.kind} of={each} clientId={id} />
              ))}
            <People companyId={id} />
          </Stack>
        </Grid.Col>
      </Grid>
      <CompanyDialog key={String(editing)} company={data} opened={editing} onClose={dialog.close} onSaved={() => tell(t("common.saved"))} />
    </>
  );
}

function People({ companyId }: { companyId: string }) {
  const { t } = useTranslation();
  const list = useListState();
  const source = useQuery(
    companies.contacts(companyId, { search: list.search, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }),
  );
  const columns: Column<ContactRow>[] = [
    {
      key: "name",
      title: t("contacts.name"),
      render: (row) => (
        <Link to="/contacts/$id" params={{ id: row.id }} className="row-link">
          {row.name}
        </Link>
      ),
    },
    { key: "email", title: t("contacts.email"), render: (row) => <Contactable text={row.email} /> },
    { key: "phone", title: t("contacts.phone"), hide: "phone", render: (row) => <Contactable text={row.phone} /> },
  ];
  return (
    <Stack gap="sm">
      <Title order={2} fz="md">
        {t("companies.contacts")}
      </Title>
      <DataList<ContactRow>
        label={t("companies.contacts")}
        source={source}
        list={list}
        columns={columns}
        searchLabel={t("companies.searchContacts")}
        empty={<EmptyState icon={IconAddressBook} title={t("companies.noContacts")} text={t("companies.noContactsHint")} />}
      />
    </Stack>
  );
}
