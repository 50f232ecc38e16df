import { Button, Group, Select, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { emptySmtp, organisation, type OrganisationSettings, type SettingsChanges, type Smtp } from "../../api/organisation";
import { useSession } from "../../api/session";
import type { Language } from "../../i18n";
import { PageLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { SmtpFields } from "./SmtpFields";
import { Walls } from "./Walls";

export default function SettingsPage() {
  const { t } = useTranslation();
  const { data, error } = useQuery(organisation.settings);
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader title={t("settings.title")} description={t("settings.description")} />
      <Stack maw={860}>
        <General settings={data} />
        <Entering settings={data} />
        <Mail settings={data} />
        <Panel title={t("settings.integrations")} description={t("settings.integrationsHint")}>
          <Button variant="default" component={Link} to="/accounts">
            {t("accounts.title")}
          </Button>
        </Panel>
        <Walls />
      </Stack>
    </>
  );
}

function useChange() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (changes: SettingsChanges) => organisation.change(changes),
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["settings"] });
      await client.invalidateQueries({ queryKey: ["session"] });
    },
    onError: tellProblem,
  });
}

function General({ settings }: { settings: OrganisationSettings }) {
  const { t } = useTranslation();
  const { name: was, language, timezone, baseUrl } = settings;
  const [values, setValues] = useState({ name: was, language, timezone, baseUrl });
  const change = useChange();
  return (
    <Panel title={t("settings.general")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(values);
        }}
      >
        <Stack>
          <TextInput required label={t("settings.organisation")} value={values.name} onChange={(event) => setValues({ ...values, name: event.currentTarget.value })} />
          <Select
            label={t("settings.language")}
            description={t("settings.languageHint")}
            allowDeselect={false}
            data={[
              { value: "ru", label: "Русский" },
              { value: "en", label: "English" },
            ]}
            value={values.language}
            onChange={(value) => setValues({ ...values, language: value as Language })}
          />
          <Select
            label={t("settings.timezone")}
            description={t("settings.timezoneHint")}
            searchable
            allowDeselect={false}
            limit={60}
            data={Intl.supportedValuesOf("timeZone")}
            value={values.timezone}
            onChange={(value) => value && setValues({ ...values, timezone: value })}
          />
          <TextInput
            label={t("settings.baseUrl")}
            description={t("settings.baseUrlHint")}
            value={values.baseUrl}
            onChange={(event) => setValues({ ...values, baseUrl: event.currentTarget.value })}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={change.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

/** What is asked of everybody who signs in. */
function Entering({ settings }: { settings: OrganisationSettings }) {
  const { t } = useTranslation();
  const [required, setRequired] = useState(settings.secondFactorRequired);
  const change = useChange();
  const choose = (wanted: boolean) => {
    setRequired(wanted);
    change.mutate({ secondFactorRequired: wanted }, { onError: () => setRequired(!wanted) });
  };
  return (
    <Panel title={t("settings.entering")}>
      <Switch
        checked={required}
        onChange={(event) => choose(event.currentTarget.checked)}
        label={t("settings.factorRequired")}
        description={t("settings.factorRequiredHint")}
      />
    </Panel>
  );
}

function Mail({ settings }: { settings: OrganisationSettings }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const [used, setUsed] = useState(settings.smtp !== null);
  const [smtp, setSmtp] = useState<Smtp>(() => withoutMark(settings));
  const change = useChange();
  return (
    <Panel title={t("settings.mail")} description={t("settings.mailHint")}>
      <Stack>
        <Switch checked={used} onChange={(event) => setUsed(event.currentTarget.checked)} label={t("settings.mailUsed")} />
        {used && <SmtpFields value={smtp} onChange={setSmtp} recipient={user.email} hasPassword={settings.smtp?.hasPassword} />}
        <Group justify="flex-end">
          <Button loading={change.isPending} onClick={() => change.mutate({ smtp: used ? smtp : null })}>
            {t("common.save")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}

function withoutMark({ smtp }: OrganisationSettings): Smtp {
  if (!smtp) return emptySmtp;
  const { hasPassword: _, ...rest } = smtp;
  return rest;
}
