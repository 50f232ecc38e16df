import { ActionIcon, Badge, Button, Group, Menu, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconMailForward, IconTrash, IconUserPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { entrance, type Invitation, type Invited } from "../../api/entrance";
import { useFormat } from "../../ui/format";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { InviteDialog, LinkDialog } from "./InviteDialog";

/** The button that invites, and the windows that follow. */
export function InviteButton() {
  const { t } = useTranslation();
  const [opened, dialog] = useDisclosure();
  const [handed, hand] = useHandingOver();
  return (
    <>
      <Button leftSection={<IconUserPlus size={16} />} onClick={dialog.open}>
        {t("invitations.invite")}
      </Button>
      <InviteDialog key={String(opened)} opened={opened} onClose={dialog.close} onInvited={hand} />
      <LinkDialog made={handed} onClose={() => hand(null)} />
    </>
  );
}

/** Who is invited and has not come yet; nothing while nobody is. */
export function Invitations() {
  const { t } = useTranslation();
  const source = useQuery(entrance.invitations);
  const [handed, hand] = useHandingOver();
  const columns = useColumns(hand);
  const rows = source.data?.items ?? [];
  return (
    <>
      {source.error && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
      {rows.length > 0 && (
        <Panel title={t("invitations.title")} description={t("invitations.description")} mb="md">
          <Rows<Invitation> label={t("invitations.title")} rows={rows} columns={columns} />
        </Panel>
      )}
      <LinkDialog made={handed} onClose={() => hand(null)} />
    </>
  );
}

/** A link that no letter brings is shown; of a letter it is told that it goes out. */
function useHandingOver(): [Invited | null, (made: Invited | null) => void] {
  const { t } = useTranslation();
  const [handed, setHanded] = useState<Invited | null>(null);
  const hand = (made: Invited | null) => {
    if (made && made.link === null) tell(t("invitations.letterGoes", { email: made.invitation.email }));
    else setHanded(made);
  };
  return [handed, hand];
}

function useColumns(hand: (made: Invited) => void): Column<Invitation>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "email",
      title: t("entry.email"),
      render: (row) => (
        <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
          {row.email}
        </Text>
      ),
    },
    {
      key: "roles",
      title: t("users.roles"),
      render: (row) => (
        <Group gap={6}>
          {row.roles.map((role) => (
            <Badge key={role}>{t(`role.${role}`)}</Badge>
          ))}
        </Group>
      ),
    },
    {
      key: "state",
      title: t("common.state"),
      render: (row) => (
        <Stack gap={2} align="flex-start">
          <StatusBadge kind="invitation" state={row.state} />
          <Text size="xs" c="dimmed">
            {t(`invitations.hint.${row.state}`, { until: row.expiresAt === null ? "" : format.date(row.expiresAt) })}
          </Text>
        </Stack>
      ),
    },
    {
      key: "by",
      title: t("invitations.by"),
      hide: "tablet",
      width: 170,
      render: (row) => (
        <Stack gap={2}>
          <span>{row.invitedBy ?? "Vestnik"}</span>
          <Text size="xs" c="dimmed">
            {format.ago(row.at)}
          </Text>
        </Stack>
      ),
    },
    { key: "actions", title: t("common.actions"), align: "end", render: (row) => <Actions row={row} hand={hand} /> },
  ];
}

function Actions({ row, hand }: { row: Invitation; hand: (made: Invited) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: entrance.invitations.queryKey });
  const sending = useMutation({
    mutationFn: () => entrance.sendAgain(row.id),
    onSuccess: async (made) => {
      hand(made);
      await refresh();
    },
    onError: tellProblem,
  });
  const withdrawing = useMutation({
    mutationFn: () => entrance.withdraw(row.id),
    onSuccess: async () => {
      tell(t("invitations.withdrawn"));
      await refresh();
    },
    onError: tellProblem,
  });
  const withdraw = () =>
    ask({
      title: t("invitations.withdrawTitle", { email: row.email }),
      text: t("invitations.withdrawText"),
      confirm: t("invitations.withdraw"),
      danger: true,
      onConfirm: () => withdrawing.mutate(),
    });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" loading={sending.isPending} aria-label={t("invitations.actionsNamed", { email: row.email })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {row.state !== "sending" && (
          <Menu.Item leftSection={<IconMailForward size={16} />} onClick={() => sending.mutate()}>
            {t("invitations.sendAgain")}
          </Menu.Item>
        )}
        <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={withdraw}>
          {t("invitations.withdraw")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
