import { Anchor, Button, Center, Select, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { useRight } from "../../api/session";
import { syncs, type HeldPerson, type SyncRun } from "../../api/syncs";
import { Contactable } from "../../ui/Contactable";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";

/** Who is not transferred, one by one, while the run is there to look at. */
export function HeldPeople({ run }: { run: SyncRun }) {
  const { t } = useTranslation();
  const exports = useRight("contacts.export");
  const [verdict, setVerdict] = useState<string | null>(null);
  const source = useInfiniteQuery(syncs.held(run.id, verdict ?? undefined));
  const rows = source.data?.pages.flatMap((page) => page.items) ?? [];
  if (source.data?.pages[0]?.kept === false) return null;
  const file = exports && (
    <Button variant="default" size="sm" leftSection={<IconDownload size={16} />} component="a" href={address(`/sync-runs/${run.id}/held.csv`)} download>
      {t("syncs.download")}
    </Button>
  );
  return (
    <Panel title={t("syncs.heldTitle")} description={t("syncs.heldText")} actions={file}>
      <Stack>
        <Select
          maw={360}
          clearable
          label={t("syncs.heldCause")}
          placeholder={t("syncs.heldAll")}
          data={run.counts.held.map((each) => ({ value: each.verdict, label: each.title }))}
          value={verdict}
          onChange={setVerdict}
        />
        {source.error && !source.data && <ProblemPanel problem={source.error} retry={() => void source.refetch()} />}
        {source.isPending && <RowsLoading rows={3} />}
        {source.data && rows.length === 0 && <Text c="dimmed">{t("audience.nobody")}</Text>}
        {rows.length > 0 && (
          <Rows<HeldPerson>
            label={t("syncs.heldTitle")}
            rows={rows}
            rowKey={(row) => `${row.contactId} ${row.address} ${row.verdict}`}
            columns={[
              { key: "address", title: t("syncs.address"), render: (row) => <Person row={row} /> },
              { key: "cause", title: t("syncs.heldCause"), render: (row) => row.title },
            ]}
          />
        )}
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

function Person({ row }: { row: HeldPerson }) {
  const { t } = useTranslation();
  const name = row.address ? <Contactable text={row.address} /> : t("syncs.noAddress");
  if (!row.contactId) return name;
  return (
    <Anchor size="sm" component={Link} to={`/contacts/${row.contactId}`}>
      {name}
    </Anchor>
  );
}
