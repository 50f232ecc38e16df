import { Button, Grid, Paper, SimpleGrid, Stack, Text, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconTemplate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { templates, type Template } from "../../api/templates";
import { Preview } from "../../mail/Preview";
import { TemplatePicture } from "../../mail/TemplatePicture";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { SenderFields, SmsSender } from "./SenderFields";
import type { DraftForm } from "./Wizard";

/** The default alphabet of GSM 03.38. */
const GSM = /^[\n\r !-Z_a-z¡£-¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü]*$/;
const SHOWN = 60;
const SEARCH_AFTER_MS = 250;

/** The letter: template, subject and sender; or the text of an SMS. */
export function LetterStep({ form }: { form: DraftForm }) {
  return form.values.type === "sms" ? <SmsText form={form} /> : <Letter form={form} />;
}

function Letter({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { templateId } = form.values;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, lg: 5 }}>
        <Panel title={t("campaigns.letterHead")}>
          <Stack>
            <TextInput label={t("campaigns.subject")} {...form.getInputProps("subject")} />
            <TextInput label={t("campaigns.previewText")} description={t("campaigns.previewTextHint")} {...form.getInputProps("previewText")} />
            <SenderFields form={form} />
            <TextInput type="email" label={t("campaigns.replyTo")} {...form.getInputProps("replyTo")} />
          </Stack>
        </Panel>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 7 }}>
        <Stack>
          <TemplateChoice form={form} />
          {templateId && (
            <Panel title={t("templates.preview")}>
              <Preview source={templates.html(templateId)} title={t("templates.preview")} height={420} />
            </Panel>
          )}
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function TemplateChoice({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { accountId } = form.values;
  const [search, setSearch] = useState("");
  const [settled] = useDebouncedValue(search, SEARCH_AFTER_MS);
  const { data, error, isPending, refetch } = useQuery(
    templates.list({ search: settled, accountId: accountId ?? undefined, offset: 0, limit: SHOWN }),
  );
  const choose = (row: Template) => {
    form.setFieldValue("templateId", row.id);
    form.clearFieldError("templateId");
    if (!form.values.subject) form.setFieldValue("subject", row.subject);
  };
  const only = data?.total === 1 && !settled ? data.items[0] : undefined;
  useEffect(() => {
    if (only && !form.values.templateId) choose(only);
  });
  return (
    <Panel title={t("campaigns.template")}>
      {form.errors.templateId && (
        <Text size="sm" c="var(--mantine-color-error)" mb="sm" role="alert">
          {form.errors.templateId}
        </Text>
      )}
      <TextInput
        type="search"
        mb="sm"
        aria-label={t("templates.search")}
        placeholder={t("templates.search")}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {isPending && <RowsLoading rows={3} />}
      {data?.total === 0 && (settled ? <Text c="dimmed">{t("common.nothingFound")}</Text> : <NoTemplates />)}
      <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} mah={520} style={{ overflow: "auto" }}>
        {data?.items.map((row) => (
          <UnstyledButton
            key={row.id}
            className="choice"
            aria-pressed={form.values.templateId === row.id}
            onClick={() => choose(row)}
          >
            <TemplatePicture template={row} />
            <Paper withBorder={false} p="sm" bg="transparent">
              <Text size="sm" fw={550} truncate>
                {row.name}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {row.subject || "—"}
              </Text>
            </Paper>
          </UnstyledButton>
        ))}
      </SimpleGrid>
    </Panel>
  );
}

function NoTemplates() {
  const { t } = useTranslation();
  const action = (
    <Button component={Link} to="/templates" variant="default">
      {t("templates.import")}
    </Button>
  );
  return <EmptyState compact icon={IconTemplate} title={t("templates.empty")} text={t("templates.emptyHint")} actions={action} />;
}

/** What networks cut a text into: letters outside of GSM's own make the parts shorter. */
function partsOf(text: string): number {
  const [whole, part] = GSM.test(text) ? [160, 153] : [70, 67];
  return text.length <= whole ? Math.min(text.length, 1) : Math.ceil(text.length / part);
}

function SmsText({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("campaigns.smsText")}>
      <Stack maw={560}>
        <Textarea label={t("campaigns.smsText")} autosize minRows={4} {...form.getInputProps("text")} />
        <Text size="sm" c="dimmed" className="numbers">
          {t("campaigns.smsLength", { count: form.values.text.length })} · {t("campaigns.smsParts", { count: partsOf(form.values.text) })}
        </Text>
        <SmsSender form={form} />
      </Stack>
    </Panel>
  );
}
