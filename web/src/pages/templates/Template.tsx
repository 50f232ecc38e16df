import { Alert, Badge, Button, Grid, Stack } from "@mantine/core";
import { IconArchive, IconExternalLink, IconMail } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import { templates, type Template as Letter } from "../../api/templates";
import { Field } from "../../ui/Field";
import { useAccountTitles } from "../accounts/use-account-titles";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { LetterFields } from "./LetterFields";
import { LetterPanel } from "./LetterPanel";
import { languageName } from "./language-name";

const route = getRouteApi("/inside/templates/$id");

export default function TemplatePage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(templates.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Template template={data} />;
}

function Template({ template }: { template: Letter }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const account = useAccountTitles().get(template.accountId);
  const writes = useRight("campaigns.write");
  const letter = useQuery(templates.letter(template.id));
  return (
    <>
      <PageHeader
        title={template.name}
        description={template.subject}
        back={{ to: "/templates", label: t("templates.title") }}
        badges={<Badges template={template} />}
        actions={
          <>
            {template.editorUrl && (
              <Button
                component="a"
                href={template.editorUrl}
                target="_blank"
                rel="noopener noreferrer"
                variant="default"
                leftSection={<IconExternalLink size={16} aria-hidden />}
              >
                {t("templates.openAtService")}
              </Button>
            )}
            {writes && !template.archivedAt && (
              <Button component={Link} to={`/campaigns/new?templateId=${template.id}`} leftSection={<IconMail size={16} />}>
                {t("templates.use")}
              </Button>
            )}
          </>
        }
      />
      {template.archivedAt && (
        <Alert color="gray" icon={<IconArchive size={18} />} title={t("templates.archivedTitle")} mb="md">
          {t("templates.archivedText", { at: format.dateTime(template.archivedAt) })}
        </Alert>
      )}
      <Grid>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <LetterPanel id={template.id} letter={letter} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack>
            <Panel title={t("templates.about")}>
              <Field label={t("templates.subject")}>{template.subject || "—"}</Field>
              {template.description && <Field label={t("templates.note")}>{template.description}</Field>}
              <Field label={t("templates.account")}>{account ?? "—"}</Field>
              {template.language && <Field label={t("templates.language")}>{languageName(template.language, i18n.language)}</Field>}
              <Field label={t("templates.externalId")}>{template.externalId}</Field>
              <Field label={t("templates.changedAt")}>{format.dateTime(template.serviceUpdatedAt)}</Field>
              <Field label={t("templates.importedAt")}>{format.dateTime(template.updatedAt)}</Field>
            </Panel>
            {letter.data && <LetterFields fields={letter.data.fields} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Badges({ template }: { template: Letter }) {
  const { t } = useTranslation();
  return (
    <>
      {template.type === "sms" && <Badge color="violet">SMS</Badge>}
      {template.archivedAt && <Badge color="gray">{t("templates.archived")}</Badge>}
    </>
  );
}
