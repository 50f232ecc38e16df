import { Alert, Anchor, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { stepOf } from "../../api/factor";
import { signIn, signInAs, welcomeQuery } from "../../api/session";
import { describeProblem } from "../../ui/problems";
import { RoleChoice } from "../demo/RoleChoice";
import { EntryFrame } from "./EntryFrame";
import { SecondStep } from "./SecondStep";
import { useEntrance } from "./use-entrance";

const route = getRouteApi("/login");

export default function Login() {
  const { t } = useTranslation();
  const { next } = route.useSearch();
  const welcome = useQuery(welcomeQuery).data;
  const enter = useEntrance(next);
  const attempt = useMutation({ mutationFn: (form: Credentials) => signIn(form.email, form.password), onSuccess: (session) => enter(session) });
  const demonstration = useMutation({ mutationFn: signInAs, onSuccess: (session) => enter(session) });
  const step = stepOf(attempt.error);
  const problem = attempt.error ?? demonstration.error;
  if (step) {
    return (
      <EntryFrame title={t(`factor.door.${step}`)} text={t(`factor.door.${step}Text`)} width={440}>
        <SecondStep step={step} enter={enter} onBack={attempt.reset} />
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={t("entry.signIn")} text={welcome?.organisation ? t("entry.signInTo", { organisation: welcome.organisation }) : t("entry.signInText")} width={440}>
      <Stack>
        {problem && <Alert color="red" role="alert">{describeProblem(problem).detail || describeProblem(problem).title}</Alert>}
        {welcome?.setupNeeded && <Alert color="blue">{t("entry.setupNeeded")}</Alert>}
        <LoginForm busy={attempt.isPending} onSubmit={(form) => attempt.mutate(form)} />
        <Anchor component={Link} to="/forgotten" size="sm" ta="center">
          {t("entrance.forgotten")}
        </Anchor>
        {welcome?.demo && (
          <>
            <Divider label={t("entry.orDemo")} />
            <RoleChoice busy={demonstration.isPending ? demonstration.variables : null} onChoose={(role) => demonstration.mutate(role)} />
          </>
        )}
      </Stack>
    </EntryFrame>
  );
}

interface Credentials {
  email: string;
  password: string;
}

function LoginForm({ busy, onSubmit }: { busy: boolean; onSubmit: (form: Credentials) => void }) {
  const { t } = useTranslation();
  const form = useForm<Credentials>({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.includes("@") ? null : t("entry.emailNeeded")),
      password: (value) => (value ? null : t("entry.passwordNeeded")),
    },
  });
  return (
    <form onSubmit={form.onSubmit(onSubmit)} noValidate>
      <Stack>
        <TextInput type="email" label={t("entry.email")} autoComplete="username" autoFocus {...form.getInputProps("email")} />
        <PasswordInput
          label={t("entry.password")}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
          {...form.getInputProps("password")}
        />
        <Button type="submit" loading={busy} fullWidth>
          {t("entry.enter")}
        </Button>
      </Stack>
    </form>
  );
}
