import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { sessionQuery, signIn, signInAs, type Session } from "../../api/session";
import { chooseLanguage } from "../../i18n";
import { describeProblem } from "../../ui/problems";
import { RoleChoice } from "../demo/RoleChoice";
import { EntryFrame } from "./EntryFrame";
import { useDemoOffered } from "./use-demo-offered";

const route = getRouteApi("/login");

export default function Login() {
  const { t } = useTranslation();
  const { next } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const demo = useDemoOffered();
  const enter = async (session: Session) => {
    client.clear();
    client.setQueryData(sessionQuery.queryKey, session);
    await chooseLanguage(session.user.language);
    router.history.push(next ?? "/");
  };
  const attempt = useMutation({ mutationFn: (form: Credentials) => signIn(form.email, form.password), onSuccess: enter });
  const demonstration = useMutation({ mutationFn: signInAs, onSuccess: enter });
  const problem = attempt.error ?? demonstration.error;
  return (
    <EntryFrame title={t("entry.signIn")} text={t("entry.signInText")} width={440}>
      <Stack>
        {problem && <Alert color="red" role="alert">{describeProblem(problem).title}</Alert>}
        <LoginForm busy={attempt.isPending} onSubmit={(form) => attempt.mutate(form)} />
        {demo && (
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
