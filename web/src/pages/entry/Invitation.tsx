import { Alert, Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { entrance } from "../../api/entrance";
import { stepOf } from "../../api/factor";
import { sessionQuery } from "../../api/session";
import { chooseLanguage } from "../../i18n";
import { PageLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { EntryFrame } from "./EntryFrame";
import { NewPasswordField, SHORTEST_PASSWORD } from "./NewPasswordField";
import { SecondStep } from "./SecondStep";
import { useEntrance } from "./use-entrance";

/** Becoming a user by the link of an invitation; its token stands behind the #, which stays in the browser. */
export default function Invitation() {
  const { t } = useTranslation();
  const token = useLocation({ select: (location) => location.hash });
  const link = useQuery(entrance.invitationLink(token));
  const language = link.data?.language;
  useEffect(() => {
    if (language) void chooseLanguage(language);
  }, [language]);
  return (
    <EntryFrame
      title={t("entrance.invitedTitle")}
      text={link.data ? t("entrance.invitedText", { organisation: link.data.organisation }) : ""}
      width={440}
    >
      <Stack>
        {link.error && <ProblemPanel problem={link.error} />}
        {link.isPending && <PageLoading />}
        {link.data && <Acceptance key={token} token={token} email={link.data.email} />}
        {link.error && (
          <Anchor component={Link} to="/login" size="sm" ta="center">
            {t("entrance.backToSignIn")}
          </Anchor>
        )}
      </Stack>
    </EntryFrame>
  );
}

function Acceptance({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const present = useQuery(sessionQuery).data;
  const enter = useEntrance();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: "", password: "" },
    validate: {
      name: (value) => (value.trim() ? null : t("setup.need.name")),
      password: (value) => (value.length >= SHORTEST_PASSWORD ? null : t("setup.need.password", { count: SHORTEST_PASSWORD })),
    },
  });
  const accepting = useMutation({
    mutationFn: ({ name, password }: typeof form.values) => entrance.accept(token, name, password),
    onSuccess: (session) => enter(session),
  });
  const step = stepOf(accepting.error);
  if (step) return <SecondStep step={step} enter={enter} onBack={() => void navigate({ to: "/login" })} />;
  return (
    <form onSubmit={form.onSubmit((values) => accepting.mutate(values))} noValidate>
      <Stack>
        {present && !accepting.isSuccess && <Alert color="yellow">{t("entrance.signedInAs", { name: present.user.name })}</Alert>}
        {accepting.error && <ProblemPanel problem={accepting.error} />}
        <TextInput type="email" label={t("entry.email")} autoComplete="username" readOnly value={email} />
        <TextInput label={t("entrance.yourName")} autoComplete="name" autoFocus {...form.getInputProps("name")} />
        <NewPasswordField label={t("entry.password")} {...form.getInputProps("password")} />
        <Button type="submit" loading={accepting.isPending} fullWidth>
          {t("entry.enter")}
        </Button>
      </Stack>
    </form>
  );
}
