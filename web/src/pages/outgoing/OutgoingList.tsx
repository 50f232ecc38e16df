import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { outgoing, stateOf, type OutgoingWebhook } from "../../api/outgoing";
import { DataList } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import type { Column } from "../../ui/Rows";
import { StatusBadge } from "../../ui/StatusBadge";
import { NewOutgoing } from "./NewOutgoing";

/** Addresses of the customer's own systems that hear of what happens here. */
export default function OutgoingList() {
  const { t } = useTranslation();
  const [adding, dialog] = useDisclosure();
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("outgoing.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("outgoing.title")} description={t("outgoing.description")} actions={add} />
      <DataList<OutgoingWebhook>
        label={t("outgoing.title")}
        source={useQuery(outgoing.list)}
        list={useListState()}
        columns={useColumns()}
        empty={<EmptyState icon={IconSend} title={t("outgoing.empty")} text={t("outgoing.emptyHint")} actions={add} />}
      />
      {adding && <NewOutgoing onClose={dialog.close} />}
    </>
  );
}

function useColumns(): Column<OutgoingWebhook>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const kinds = useQuery(outgoing.kinds).data ?? [];
  return [
    {
      key: "title",
      title: t("common.name"),
      render: (row) => (
        <Stack gap={0} miw={0}>
          <Link to="/settings/webhooks/$id" params={{ id: row.id }} className="row-link">
            {row.title}
          </Link>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {row.url}
          </Text>
        </Stack>
      ),
    },
    {
      key: "state",
      title: t("common.state"),
      render: (row) => (
        <Stack gap={4} align="flex-start">
          <StatusBadge kind="outgoing" state={stateOf(row)} />
          {row.offReason && (
            <Text size="xs" c="dimmed" maw={320}>
              {row.offReason}
            </Text>
          )}
        </Stack>
      ),
    },
    {
      key: "kinds",
      title: t("outgoing.kinds"),
      hide: "tablet",
      render: (row) => (
        <Group gap={4}>
          {row.kinds.map((kind) => (
            <Badge key={kind} color="gray" size="sm">
              {kinds.find((each) => each.kind === kind)?.title ?? kind}
            </Badge>
          ))}
        </Group>
      ),
    },
    { key: "delivered", title: t("outgoing.lastDelivered"), hide: "phone", render: (row) => format.ago(row.deliveredAt) },
  ];
}
