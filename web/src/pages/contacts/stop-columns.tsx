import { Anchor, Badge, Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { useRight } from "../../api/session";
import type { StopEntry, StopReason } from "../../api/stop-list";
import { Contactable } from "../../ui/Contactable";
import { useFormat } from "../../ui/format";
import type { Column } from "../../ui/Rows";
import { LiftStop } from "./LiftStop";

const COLOURS: Record<StopReason, string> = { unsubscribe: "orange", hard_bounce: "red", spam: "red", manual: "gray" };

/** An entry in columns; `address` is what somebody looked up, and so knows. */
export function useStopColumns(address?: string, lifted?: () => void): Column<StopEntry>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const writes = useRight("contacts.write");
  const categories = useQuery(contacts.categories).data ?? [];
  const titleOf = (id: string) => categories.find((one) => one.id === id)?.title ?? t("stopList.archivedCategory");
  const columns: (Column<StopEntry> | false)[] = [
    !address && { key: "address", title: t("stopList.address"), width: "30%", render: (entry) => <Who entry={entry} /> },
    { key: "reason", title: t("stopList.reasonTitle"), render: ({ reason }) => <Badge color={COLOURS[reason]}>{t(`stopList.reason.${reason}`)}</Badge> },
    { key: "category", title: t("stopList.category"), render: ({ categoryId }) => (categoryId ? titleOf(categoryId) : t("stopList.allCategories")) },
    { key: "at", title: t("stopList.since"), width: 140, render: ({ at }) => <span style={{ whiteSpace: "nowrap" }}>{format.date(at)}</span> },
    { key: "source", title: t("stopList.source"), render: (entry) => <Source entry={entry} /> },
    writes && {
      key: "lift",
      title: t("stopList.actions"),
      align: "end",
      width: 130,
      render: (entry) => <Lift entry={entry} address={address ?? entry.address} done={lifted} />,
    },
  ];
  return columns.filter((column) => column !== false);
}

function Who({ entry }: { entry: StopEntry }) {
  const { t } = useTranslation();
  const [first] = entry.holders;
  if (!entry.address) {
    return (
      <Stack gap={0}>
        <Text size="sm">{t("stopList.byHash")}</Text>
        {entry.kind && <Text size="xs" c="dimmed">{t(`stopList.kind.${entry.kind}`)}</Text>}
      </Stack>
    );
  }
  return (
    <Stack gap={0}>
      <Text size="sm" fw={550} component="span">
        <Contactable text={entry.address} />
      </Text>
      {first && (
        <Anchor size="xs" component={Link} to={`/contacts/${first.id}`}>
          {entry.holders.length > 1 ? t("stopList.andOthers", { name: first.name, count: entry.holders.length - 1 }) : first.name}
        </Anchor>
      )}
    </Stack>
  );
}

/** Who said so, and by which campaign where that is known. */
function Source({ entry }: { entry: StopEntry }) {
  const { t } = useTranslation();
  const seesCampaigns = useRight("campaigns.read");
  const seesWebhooks = useRight("webhooks.read");
  const { kind, id, name } = entry.source;
  if (entry.campaign && seesCampaigns) {
    return (
      <Anchor size="sm" component={Link} to={`/campaigns/${entry.campaign.id}`}>
        {t("stopList.byCampaign", { name: entry.campaign.name })}
      </Anchor>
    );
  }
  const words = name ? t(`stopList.sourceNamed.${kind}`, { name }) : t(`stopList.sourceOf.${kind}`);
  const to = { import: `/imports/${id}`, card: `/contacts/${id}`, service: seesWebhooks ? `/webhooks/${id}` : "" }[kind as string];
  if (!id || !to) return <Text size="sm">{words}</Text>;
  return (
    <Anchor size="sm" component={Link} to={to} style={{ overflowWrap: "anywhere" }}>
      {words}
    </Anchor>
  );
}

function Lift({ entry, address, done }: { entry: StopEntry; address: string | null; done?: () => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  if (!address || !entry.kind) {
    return (
      <Text size="xs" c="dimmed">
        {t("stopList.lookUpFirst")}
      </Text>
    );
  }
  return (
    <>
      <Button size="compact-sm" variant="subtle" aria-label={t("stopList.liftNamed", { address })} onClick={() => setAsking(true)}>
        {t("stopList.lift")}
      </Button>
      {asking && <LiftStop entry={entry} kind={entry.kind} address={address} onClose={() => setAsking(false)} done={done} />}
    </>
  );
}
