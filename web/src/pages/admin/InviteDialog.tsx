import { Alert, Button, Group, MultiSelect, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { entrance, type Invited } from "../../api/entrance";
import { ROLES, useSession, type Role } from "../../api/session";
import type { Language } from "../../i18n";
import { CopyField } from "../../ui/CopyField";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  opened: boolean;
  onClose: () => void;
  onInvited: (made: Invited) => void;
}

/** Invites a person, who then chooses a name and a password. */
export function InviteDialog({ opened, onClose, onInvited }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { organisation } = useSession();
  const form = useForm({
    initialValues: { email: "", roles: ["marketer"] as Role[], language: organisation.language as Language },
    validate: {
      email: (value) => (value.includes("@") ? null : t("entry.emailNeeded")),
      roles: (value) => (value.length ? null : t("users.rolesNeeded")),
    },
  });
  const inviting = useMutation({
    mutationFn: entrance.invite,
    onSuccess: async (made) => {
      onClose();
      onInvited(made);
      await client.invalidateQueries({ queryKey: entrance.invitations.queryKey });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("invitations.add")}>
      <form onSubmit={form.onSubmit((values) => inviting.mutate(values))} noValidate>
        <Stack>
          {inviting.error && <ProblemPanel problem={inviting.error} />}
          <Text size="sm">{t("invitations.how")}</Text>
          <TextInput data-autofocus type="email" label={t("entry.email")} autoComplete="off" {...form.getInputProps("email")} />
          <MultiSelect label={t("users.roles")} data={ROLES.map((role) => ({ value: role, label: t(`role.${role}`) }))} {...form.getInputProps("roles")} />
          <Select
            label={t("invitations.language")}
            allowDeselect={false}
            data={[
              { value: "ru", label: "Русский" },
              { value: "en", label: "English" },
            ]}
            {...form.getInputProps("language")}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={inviting.isPending}>
              {t("invitations.invite")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** The link of an invitation that no letter brings, shown this once. */
export function LinkDialog({ made, onClose }: { made: Invited | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={made !== null} onClose={onClose} title={t("invitations.linkTitle")}>
      <Stack>
        <Alert color="yellow">{t("invitations.linkOnce")}</Alert>
        <Text size="sm">{t("invitations.linkText", { email: made?.invitation.email ?? "" })}</Text>
        <CopyField label={t("invitations.link")} value={made?.link ?? ""} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("common.close")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
