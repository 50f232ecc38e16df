import { Button, Group, MultiSelect, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { people, type User, type UserChanges } from "../../api/people";
import { ROLES, type Role } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

const SHORTEST_PASSWORD = 10;

/** A new user, or changes to one. */
export function UserDialog({ user, opened, onClose }: { user: User | null; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      name: user?.name ?? "",
      email: user?.email ?? "",
      password: "",
      roles: user?.roles ?? (["marketer"] as Role[]),
      disabled: user?.disabled ?? false,
    },
    validate: {
      name: (value) => (value.trim() ? null : t("setup.need.name")),
      email: (value) => (value.includes("@") ? null : t("entry.emailNeeded")),
      roles: (value) => (value.length ? null : t("users.rolesNeeded")),
      password: (value) => ((user && !value) || value.length >= SHORTEST_PASSWORD ? null : t("setup.need.password", { count: SHORTEST_PASSWORD })),
    },
  });
  const saving = useMutation({
    mutationFn: async ({ name, email, password, roles, disabled }: typeof form.values) => {
      const changes: UserChanges = { name, email, roles, disabled, ...(password ? { password } : {}) };
      if (user) await people.changeUser(user.id, changes);
      else await people.addUser({ name, email, password, roles });
    },
    onSuccess: async () => {
      tell(t("common.saved"));
      onClose();
      await Promise.all([client.invalidateQueries({ queryKey: ["users"] }), client.invalidateQueries({ queryKey: ["sessions"] })]);
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t(user ? "users.editTitle" : "users.add")}>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("users.name")} {...form.getInputProps("name")} />
          <TextInput type="email" label={t("entry.email")} autoComplete="off" {...form.getInputProps("email")} />
          <MultiSelect label={t("users.roles")} data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} {...form.getInputProps("roles")} />
          <PasswordInput
            label={t(user ? "users.newPassword" : "entry.password")}
            description={t(user ? "users.newPasswordHint" : "setup.passwordHint", { count: SHORTEST_PASSWORD })}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ "aria-label": t("entry.showPassword") }}
            {...form.getInputProps("password")}
          />
          {user && (
            <Switch
              label={t("users.mayEnter")}
              checked={!form.values.disabled}
              onChange={(event) => form.setFieldValue("disabled", !event.currentTarget.checked)}
            />
          )}
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
