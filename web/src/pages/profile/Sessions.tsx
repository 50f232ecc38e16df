import { Badge, Button, Group, Text } from "@mantine/core";
import { IconDeviceLaptop } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { profile, type OpenSession } from "../../api/profile";
import { EmptyState } from "../../ui/EmptyState";
import { NOTHING, useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";

/** Where a person is signed in, and how that is ended: oneself, or the user whose id is given. */
export function Sessions({ whose = null }: { whose?: string | null }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(profile.sessions(whose));
  const { end, endAll, busy } = useEnding(whose);
  const columns = useColumns(end);
  const others = data?.items.some((each) => !each.present);
  return (
    <Panel
      title={t("profile.sessions")}
      description={t(whose === null ? "profile.sessionsHint" : "profile.sessionsOfUser")}
      actions={
        others && (
          <Button variant="default" size="sm" loading={busy} onClick={endAll}>
            {t(whose === null ? "profile.endOthers" : "profile.endAll")}
          </Button>
        )
      }
    >
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={3} />}
      {data?.items.length === 0 && <EmptyState compact icon={IconDeviceLaptop} title={t("profile.nowhere")} text={t("profile.nowhereHint")} />}
      {data && data.items.length > 0 && <Rows<OpenSession> label={t("profile.sessions")} rows={data.items} columns={columns} />}
    </Panel>
  );
}

/** Asks before a session ends, or all that are not this one. */
function useEnding(whose: string | null) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const answers = {
    onSuccess: async () => {
      tell(t("profile.ended"));
      await client.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: tellProblem,
  };
  const one = useMutation({ mutationFn: (id: string) => profile.endSession(whose, id), ...answers });
  const all = useMutation({ mutationFn: () => profile.endSessions(whose), ...answers });
  const end = ({ id, device, ip }: OpenSession) =>
    ask({ title: t("profile.endTitle", { device: device ?? ip }), text: t("profile.endText"), confirm: t("profile.end"), danger: true, onConfirm: () => one.mutate(id) });
  const endAll = () =>
    ask({
      title: t(whose === null ? "profile.endOthersTitle" : "profile.endAllTitle"),
      text: t("profile.endText"),
      confirm: t(whose === null ? "profile.endOthers" : "profile.endAll"),
      danger: true,
      onConfirm: () => all.mutate(),
    });
  return { end, endAll, busy: all.isPending };
}

function useColumns(end: (row: OpenSession) => void): Column<OpenSession>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "device",
      title: t("profile.device"),
      render: (row) => (
        <Group gap="xs">
          <Text size="sm" fw={550} title={row.agent}>
            {row.device ?? t("profile.unknownDevice")}
          </Text>
          {row.present && <Badge color="teal">{t("profile.thisOne")}</Badge>}
        </Group>
      ),
    },
    { key: "ip", title: t("profile.address"), render: (row) => <span className="numbers">{row.ip}</span> },
    { key: "since", title: t("profile.since"), render: (row) => format.moment(row.since) },
    { key: "seen", title: t("profile.seen"), render: (row) => (row.present ? t("profile.now") : format.ago(row.seenAt)) },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) =>
        row.present ? (
          NOTHING
        ) : (
          <Button size="compact-sm" variant="subtle" color="red" aria-label={t("profile.endNamed", { device: row.device ?? row.ip })} onClick={() => end(row)}>
            {t("profile.end")}
          </Button>
        ),
    },
  ];
}
