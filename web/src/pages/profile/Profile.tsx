import { Badge, Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { profile } from "../../api/profile";
import { sessionQuery, useSession } from "../../api/session";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

/** One's own name, password and second factor, and where one is signed in. */
export default function Profile() {
  const { t } = useTranslation();
  const { user } = useSession();
  return (
    <>
      <PageHeader title={t("profile.title")} description={user.email} badges={user.roles.map((role) => <Badge key={role}>{t(`role.${role}`)}</Badge>)} />
      <Stack maw={860}>
        <Person name={user.name} />
        <Password />
        <SecondFactor />
        <Sessions />
      </Stack>
    </>
  );
}

function Person({ name: was }: { name: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(was);
  const renaming = useMutation({
    mutationFn: profile.rename,
    onSuccess: (session) => {
      tell(t("common.saved"));
      client.setQueryData(sessionQuery.queryKey, session);
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("profile.person")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          renaming.mutate(name);
        }}
      >
        <Stack maw={420}>
          <TextInput required maxLength={200} autoComplete="name" label={t("users.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Group justify="flex-end">
            <Button type="submit" disabled={!name.trim() || name === was} loading={renaming.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
