import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { profile } from "../../api/profile";
import { useSession } from "../../api/session";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { NewPasswordField, SHORTEST_PASSWORD } from "../entry/NewPasswordField";
import { PresentPassword } from "./PresentPassword";

const EMPTY = { current: "", new: "" };

/** One's own password; a new one ends every other session. */
export function Password() {
  const { t } = useTranslation();
  const { email } = useSession().user;
  const client = useQueryClient();
  const form = useForm({
    initialValues: EMPTY,
    validate: {
      current: (value) => (value ? null : t("entry.passwordNeeded")),
      new: (value) => (value.length >= SHORTEST_PASSWORD ? null : t("setup.need.password", { count: SHORTEST_PASSWORD })),
    },
  });
  const changing = useMutation({
    mutationFn: profile.changePassword,
    onSuccess: async () => {
      tell(t("profile.passwordChanged"));
      form.setValues(EMPTY);
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
  });
  return (
    <Panel title={t("entry.password")} description={t("profile.passwordHint")}>
      <form onSubmit={form.onSubmit((values) => changing.mutate(values))} noValidate>
        <Stack maw={420}>
          {changing.error && <ProblemPanel problem={changing.error} />}
          {/* A browser that keeps passwords learns from it whose password this is. */}
          <TextInput type="email" display="none" autoComplete="username" aria-label={t("entry.email")} readOnly value={email} />
          <PresentPassword {...form.getInputProps("current")} />
          <NewPasswordField {...form.getInputProps("new")} />
          <Group justify="flex-end">
            <Button type="submit" loading={changing.isPending}>
              {t("profile.changePassword")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
