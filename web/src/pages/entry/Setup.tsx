import { Button, Divider, Group, PasswordInput, Select, Stack, Stepper, Text, TextInput } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { emptySmtp, organisation, type SetupDefaults, type SetupForm } from "../../api/organisation";
import { chooseLanguage, type Language } from "../../i18n";
import { SmtpFields } from "../admin/SmtpFields";
import { PageLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { StepOf } from "../../ui/StepOf";
import { EntryFrame } from "./EntryFrame";
import { useEntrance } from "./use-entrance";

const route = getRouteApi("/setup");
const SHORTEST_PASSWORD = 10;

/** The first start: organisation, first administrator, outgoing mail. */
export default function SetupPage() {
  const { t } = useTranslation();
  const { token = "" } = route.useSearch();
  const { data, error, isPending } = useQuery({ ...organisation.setup(token), retry: false });
  return (
    <EntryFrame title={t("setup.title")} text={t("setup.text")} width={720}>
      {error && <ProblemPanel problem={error} />}
      {isPending && <PageLoading />}
      {data && <Setup token={token} defaults={data} />}
    </EntryFrame>
  );
}

type Values = Omit<SetupForm, "token">;
type Form = UseFormReturnType<Values>;
const STEPS: (keyof Values)[][] = [["organisation", "baseUrl", "timezone"], ["name", "email", "password"], []];

function Setup({ token, defaults }: { token: string; defaults: SetupDefaults }) {
  const { t, i18n } = useTranslation();
  const [step, setStep] = useState(0);
  const narrow = useMediaQuery("(max-width: 48em)");
  const names = [t("setup.organisation"), t("setup.administrator"), t("setup.mail")];
  const form = useSetupForm(i18n.language as Language, defaults);
  const enter = useEntrance();
  const finish = useMutation({
    mutationFn: (withMail: boolean) =>
      organisation.finishSetup({ ...form.values, smtp: withMail ? form.values.smtp : null, token }),
    onSuccess: (session) => enter(session),
    onError: tellProblem,
  });
  const next = () => {
    const wrong = (STEPS[step] ?? []).some((field) => form.validateField(field).hasError);
    if (!wrong) setStep(step + 1);
  };
  return (
    <Stack gap="lg">
      {narrow ? (
        <StepOf number={step + 1} all={names.length} label={names[step] ?? ""} />
      ) : (
        <Stepper active={step} size="sm" allowNextStepsSelect={false} onStepClick={setStep}>
          {names.map((name) => (
            <Stepper.Step key={name} label={name} />
          ))}
        </Stepper>
      )}
      {step === 0 && <OrganisationStep form={form} timezones={defaults.timezones} />}
      {step === 1 && <AdministratorStep form={form} />}
      {step === 2 && <MailStep form={form} token={token} />}
      <Divider />
      <Group justify="space-between">
        <Button variant="default" disabled={step === 0} onClick={() => setStep(step - 1)}>
          {t("common.back")}
        </Button>
        {step < 2 ? (
          <Button onClick={next}>{t("common.next")}</Button>
        ) : (
          <Group gap="xs">
            <Button variant="subtle" loading={finish.isPending} onClick={() => finish.mutate(false)}>
              {t("setup.withoutMail")}
            </Button>
            <Button loading={finish.isPending} disabled={!form.values.smtp?.host} onClick={() => finish.mutate(true)}>
              {t("setup.finish")}
            </Button>
          </Group>
        )}
      </Group>
    </Stack>
  );
}

function useSetupForm(language: Language, defaults: SetupDefaults): Form {
  const { t } = useTranslation();
  return useForm<Values>({
    initialValues: {
      organisation: "",
      language,
      timezone: defaults.timezone,
      baseUrl: defaults.baseUrl,
      name: "",
      email: "",
      password: "",
      smtp: emptySmtp,
    },
    validate: {
      organisation: (value) => (value.trim() ? null : t("setup.need.organisation")),
      baseUrl: (value) => (/^https?:\/\/[^\s/?#]+\/?$/.test(value) ? null : t("setup.need.baseUrl")),
      timezone: (value) => (value ? null : t("setup.need.timezone")),
      name: (value) => (value.trim() ? null : t("setup.need.name")),
      email: (value) => (value.includes("@") ? null : t("entry.emailNeeded")),
      password: (value) => (value.length >= SHORTEST_PASSWORD ? null : t("setup.need.password", { count: SHORTEST_PASSWORD })),
    },
  });
}

function OrganisationStep({ form, timezones }: { form: Form; timezones: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <TextInput label={t("settings.organisation")} {...form.getInputProps("organisation")} />
      <Select
        label={t("settings.language")}
        allowDeselect={false}
        data={[
          { value: "ru", label: "Русский" },
          { value: "en", label: "English" },
        ]}
        value={form.values.language}
        onChange={(value) => {
          form.setFieldValue("language", value as Language);
          void chooseLanguage(value as Language);
        }}
      />
      <Select label={t("settings.timezone")} searchable allowDeselect={false} data={timezones} limit={60} {...form.getInputProps("timezone")} />
      <TextInput label={t("settings.baseUrl")} description={t("settings.baseUrlHint")} {...form.getInputProps("baseUrl")} />
    </Stack>
  );
}

function AdministratorStep({ form }: { form: Form }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <TextInput label={t("users.name")} autoComplete="name" {...form.getInputProps("name")} />
      <TextInput type="email" label={t("entry.email")} autoComplete="username" {...form.getInputProps("email")} />
      <PasswordInput
        label={t("entry.password")}
        description={t("setup.passwordHint", { count: SHORTEST_PASSWORD })}
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
        {...form.getInputProps("password")}
      />
    </Stack>
  );
}

function MailStep({ form, token }: { form: Form; token: string }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("setup.mailHint")}
      </Text>
      <SmtpFields
        value={form.values.smtp ?? emptySmtp}
        onChange={(smtp) => form.setFieldValue("smtp", smtp)}
        recipient={form.values.email}
        token={token}
      />
    </Stack>
  );
}
