import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { entrance } from "../../api/entrance";
import { welcomeQuery } from "../../api/session";
import { PageLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { EntryFrame } from "./EntryFrame";

/** Asks for a letter with a link that sets a new password. */
export default function Forgotten() {
  const { t } = useTranslation();
  const welcome = useQuery({ ...welcomeQuery, staleTime: 0 });
  const offered = welcome.data?.resetByMail ?? true;
  return (
    <EntryFrame title={t("entrance.forgotten")} text={t(offered ? "entrance.forgottenText" : "entrance.withoutMail")} width={440}>
      <Stack>
        {welcome.error && <ProblemPanel problem={welcome.error} retry={() => void welcome.refetch()} />}
        {welcome.isPending && <PageLoading />}
        {welcome.data && (offered ? <Ask /> : <Text>{t("entrance.askAdministrator")}</Text>)}
        <Anchor component={Link} to="/login" size="sm" ta="center">
          {t("entrance.backToSignIn")}
        </Anchor>
      </Stack>
    </EntryFrame>
  );
}

function Ask() {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (value.includes("@") ? null : t("entry.emailNeeded")) },
  });
  const asking = useMutation({ mutationFn: ({ email }: { email: string }) => entrance.forgotten(email) });
  if (asking.isSuccess) {
    return (
      <Alert color="teal" icon={<IconMailForward size={18} />} role="status" title={t("entrance.letterTitle")}>
        {t("entrance.letterText", { email: asking.variables.email.trim() })}
      </Alert>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => asking.mutate(values))} noValidate>
      <Stack>
        {asking.error && <ProblemPanel problem={asking.error} />}
        <TextInput type="email" label={t("entry.email")} autoComplete="username" autoFocus {...form.getInputProps("email")} />
        <Button type="submit" loading={asking.isPending} fullWidth>
          {t("entrance.sendLetter")}
        </Button>
      </Stack>
    </form>
  );
}
