import { Anchor, Button, Center, Group, Stack, Text } from "@mantine/core";
import { IconDownload, IconRefresh } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { useRight } from "../../api/session";
import { hasEnded, syncs, type Sync, type SyncReject, type SyncRun } from "../../api/syncs";
import { Contactable } from "../../ui/Contactable";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows, type Column } from "../../ui/Rows";

/** What the service refused: by cause with its own words, row by row, as a file, and to be tried again. */
export function Rejects({ run, sync }: { run: SyncRun; sync: Sync }) {
  const { t } = useTranslation();
  const format = useFormat();
  const source = useInfiniteQuery(syncs.rejects(run.id));
  const columns = useColumns();
  const first = source.data?.pages[0];
  const permanent = first !== undefined && first.causes.length > 0 && first.causes.every((cause) => cause.permanent);
  const rows = source.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={t("syncs.rejects.title")} description={t(permanent ? "syncs.rejects.textPermanent" : "syncs.rejects.text")} actions={<Actions run={run} sync={sync} permanent={permanent} />}>
      <Stack>
        {source.error && !source.data && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
        {source.isPending && <RowsLoading rows={2} />}
        {first?.causes.map((cause) => (
          <Group key={cause.code} justify="space-between" wrap="nowrap" align="flex-start" gap="md">
            <Stack gap={0} miw={0}>
              <Text size="sm" fw={600}>
                {cause.title}
              </Text>
              <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {t("syncs.rejects.words", { words: cause.reason })}
              </Text>
              {cause.permanent && (
                <Text size="sm" c="dimmed">
                  {t("syncs.rejects.permanent")}
                </Text>
              )}
            </Stack>
            <Text fw={600} className="numbers">
              {format.number(cause.count)}
            </Text>
          </Group>
        ))}
        {rows.length > 0 && <Rows<SyncReject> label={t("syncs.rejects.title")} rows={rows} columns={columns} rowKey={(row) => `${row.side} ${row.address}`} />}
        {source.hasNextPage && (
          <Center>
            <Button variant="default" loading={source.isFetchingNextPage} onClick={() => void source.fetchNextPage()}>
              {t("audience.more")}
            </Button>
          </Center>
        )}
      </Stack>
    </Panel>
  );
}

/** What can be done with the rows. Where trying again is of no use by itself, it is not what is offered first. */
function Actions({ run, sync, permanent }: { run: SyncRun; sync: Sync; permanent: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writes = useRight("syncs.write");
  const exports = useRight("contacts.export");
  const retrying = useMutation({
    mutationFn: () => syncs.retry(run.id),
    onSuccess: async (made) => {
      tell(t("syncs.did.retry"));
      client.setQueryData(syncs.run(made.id).queryKey, made);
      await client.invalidateQueries({ queryKey: ["syncs"] });
      await navigate({ to: "/syncs/$id/run", params: { id: sync.id } as never, search: { run: made.id } as never });
    },
    onError: tellProblem,
  });
  return (
    <>
      {exports && (
        <Button variant="default" size="sm" leftSection={<IconDownload size={16} />} component="a" href={address(`/sync-runs/${run.id}/rejects.csv`)} download>
          {t("syncs.download")}
        </Button>
      )}
      {writes && hasEnded(run) && run.can.includes("retry") && sync.can.includes("run") && (
        <Button size="sm" variant={permanent ? "default" : "filled"} leftSection={<IconRefresh size={16} />} loading={retrying.isPending} onClick={() => retrying.mutate()}>
          {t("syncs.rejects.retry")}
        </Button>
      )}
    </>
  );
}

function useColumns(): Column<SyncReject>[] {
  const { t } = useTranslation();
  return [
    {
      key: "address",
      title: t("syncs.address"),
      render: (row) =>
        row.contactId ? (
          <Anchor size="sm" component={Link} to={`/contacts/${row.contactId}`}>
            <Contactable text={row.address} />
          </Anchor>
        ) : (
          <Contactable text={row.address} />
        ),
    },
    { key: "side", title: t("syncs.rejects.side"), width: 140, render: (row) => t(`syncs.side.${row.side}`) },
    { key: "cause", title: t("syncs.rejects.cause"), width: 200, render: (row) => row.title },
    { key: "words", title: t("syncs.rejects.reason"), render: (row) => <span style={{ overflowWrap: "anywhere" }}>{row.reason}</span> },
  ];
}
