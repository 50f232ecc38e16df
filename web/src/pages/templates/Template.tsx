import { Button, Grid, Stack } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { templates, type Template as Letter } from "../../api/templates";
import { Preview } from "../../mail/Preview";
import { Field } from "../../ui/Field";
import { useAccountTitles } from "../accounts/use-account-titles";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";

const route = getRouteApi("/inside/templates/$id");

export default function TemplatePage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(templates.card(id));
  if (error) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Template template={data} />;
}

function Template({ template }: { template: Letter }) {
  const { t } = useTranslation();
  const format = useFormat();
  const account = useAccountTitles().get(template.accountId);
  const writes = useRight("campaigns.write");
  return (
    <>
      <PageHeader
        title={template.name}
        description={template.subject}
        back={{ to: "/templates", label: t("templates.title") }}
        actions={
          writes && (
            <Button component={Link} to={`/campaigns/new?templateId=${template.id}`} leftSection={<IconMail size={16} />}>
              {t("templates.use")}
            </Button>
          )
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Panel title={t("templates.preview")}>
            <Preview source={templates.html(template.id)} title={t("templates.preview")} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack>
            <Panel title={t("templates.about")}>
              <Field label={t("templates.subject")}>{template.subject || "—"}</Field>
              <Field label={t("templates.account")}>{account ?? "—"}</Field>
              <Field label={t("templates.externalId")}>{template.externalId}</Field>
              <Field label={t("templates.changedAt")}>{format.dateTime(template.serviceUpdatedAt)}</Field>
              <Field label={t("templates.importedAt")}>{format.dateTime(template.updatedAt)}</Field>
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}
