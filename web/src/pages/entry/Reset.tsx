import { Alert, Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { entrance } from "../../api/entrance";
import { sessionQuery } from "../../api/session";
import { PageLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { EntryFrame } from "./EntryFrame";
import { NewPasswordField, SHORTEST_PASSWORD } from "./NewPasswordField";

/** A new password by the link of a letter; its token stands behind the #, which stays in the browser. */
export default function Reset() {
  const { t } = useTranslation();
  const token = useLocation({ select: (location) => location.hash });
  const link = useQuery(entrance.resetLink(token));
  return (
    <EntryFrame title={t("entrance.resetTitle")} text={t("entrance.resetText")} width={440}>
      <Stack>
        {link.error && <ProblemPanel problem={link.error} />}
        {link.error && (
          <Button component={Link} to="/forgotten" variant="default">
            {t("entrance.askAgain")}
          </Button>
        )}
        {link.isPending && <PageLoading />}
        {link.data && <ResetForm key={token} token={token} email={link.data.email} />}
        {!link.data && !link.isPending && (
          <Anchor component={Link} to="/login" size="sm" ta="center">
            {t("entrance.backToSignIn")}
          </Anchor>
        )}
      </Stack>
    </EntryFrame>
  );
}

function ResetForm({ token, email }: { token: string; email: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => (value.length >= SHORTEST_PASSWORD ? null : t("setup.need.password", { count: SHORTEST_PASSWORD })) },
  });
  const setting = useMutation({
    mutationFn: ({ password }: { password: string }) => entrance.reset(token, password),
    // Every session of the person has ended; this browser's may have been one of them.
    onSuccess: () => client.refetchQueries({ queryKey: sessionQuery.queryKey }),
  });
  if (setting.isSuccess) {
    return (
      <>
        <Alert color="teal" icon={<IconCheck size={18} />} role="status" title={t("entrance.doneTitle")}>
          {t("entrance.doneText")}
        </Alert>
        <Button component={Link} to="/login" fullWidth>
          {t("entry.enter")}
        </Button>
      </>
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => setting.mutate(values))} noValidate>
      <Stack>
        {setting.error && <ProblemPanel problem={setting.error} />}
        {/* A browser that keeps passwords learns from it whose password this is. */}
        <TextInput type="email" label={t("entry.email")} autoComplete="username" readOnly value={email} />
        <NewPasswordField autoFocus {...form.getInputProps("password")} />
        <Button type="submit" loading={setting.isPending} fullWidth>
          {t("entrance.setPassword")}
        </Button>
      </Stack>
    </form>
  );
}
