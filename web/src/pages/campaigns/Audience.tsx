import { Anchor, Button, Center, Paper, Stack } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, type Member } from "../../api/campaigns";
import { contacts } from "../../api/contacts";
import { localised } from "../../i18n";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { useMends } from "./mends";

const route = getRouteApi("/inside/campaigns/$id/audience");
const CUSTOM = "fields.";

/** The people behind a number of the check: who is left out and why, or who lacks a value. */
export default function Audience() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const { verdict = "ok", lacking } = route.useSearch();
  const source = useInfiniteQuery(campaigns.audience(id, verdict, lacking));
  const mends = useMends();
  const value = useValue(lacking);
  const columns: Column<Member>[] = [
    {
      key: "name",
      title: t("contacts.name"),
      render: ({ contactId, name, address }) => (
        <Anchor size="sm" component={Link} to={`/contacts/${contactId}`}>
          {name || address || "—"}
        </Anchor>
      ),
    },
    { key: "address", title: t("audience.address"), render: ({ address }) => <span><Contactable text={address} /></span> },
  ];
  if (source.error && !source.data) return <PageProblem problem={source.error} retry={() => void source.refetch()} />;
  if (!source.data) return <PageLoading />;
  const rows = source.data.pages.flatMap((page) => page.items);
  const recipients = lacking ? t("audience.lackingTitle", { value }) : t("audience.recipients");
  const hint = t(lacking ? "audience.lackingHint" : "audience.recipientsHint");
  const title = verdict === "ok" ? recipients : t(`campaigns.exclusion.${verdict}`, { defaultValue: verdict });
  return (
    <>
      <PageHeader
        title={title}
        description={verdict === "ok" ? hint : t(`audience.what.${verdict}`, { defaultValue: "" })}
        back={{ to: `/campaigns/${id}/edit`, search: { tab: "check" }, label: t("audience.back") }}
        actions={mends(verdict).map(({ to, text }) => (
          <Button key={to} variant="default" component={Link} to={to}>
            {text}
          </Button>
        ))}
      />
      <Stack>
        {rows.length === 0 ? (
          <Paper>
            <EmptyState icon={IconUsers} title={t("audience.nobody")} text={t("audience.nobodyHint")} />
          </Paper>
        ) : (
          <Rows<Member> label={title} rows={rows} columns={columns} rowKey={(row) => row.contactId} />
        )}
        {source.hasNextPage && (
          <Center>
            <Button variant="default" loading={source.isFetchingNextPage} onClick={() => void source.fetchNextPage()}>
              {t("audience.more")}
            </Button>
          </Center>
        )}
      </Stack>
    </>
  );
}

/** The value that people lack, as the application calls it. */
function useValue(lacking: string | undefined): string {
  const { t } = useTranslation();
  const custom = lacking?.startsWith(CUSTOM) ? lacking.slice(CUSTOM.length) : undefined;
  const { data } = useQuery({ ...contacts.fields, enabled: custom !== undefined });
  if (!lacking) return "";
  if (custom === undefined) return t(`audience.value.${lacking}`, { defaultValue: lacking });
  return localised(data?.find(({ key }) => key === custom)?.title) || custom;
}
