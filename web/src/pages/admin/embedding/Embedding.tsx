import { Badge, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconFrame, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { embedKeys, type EmbedKey } from "../../../api/panel";
import { DataList } from "../../../ui/DataList";
import { Dialog } from "../../../ui/Dialog";
import { EmptyState } from "../../../ui/EmptyState";
import { useFormat } from "../../../ui/format";
import { useListState } from "../../../ui/list-state";
import { PageHeader } from "../../../ui/PageHeader";
import type { Column } from "../../../ui/Rows";
import { useRevoking } from "../revoking";
import { Examples } from "./Examples";
import { NewEmbedKey } from "./NewEmbedKey";

/** Keys with which other systems show the contact's panel in a frame. */
export default function Embedding() {
  const { t } = useTranslation();
  const [adding, dialog] = useDisclosure();
  const [shown, setShown] = useState<EmbedKey | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("embedding.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("embedding.title")} description={t("embedding.description")} actions={add} />
      <DataList<EmbedKey>
        label={t("embedding.title")}
        source={useQuery(embedKeys.list)}
        list={useListState()}
        columns={useColumns(setShown)}
        empty={<EmptyState icon={IconFrame} title={t("embedding.empty")} text={t("embedding.emptyHint")} actions={add} />}
      />
      {adding && <NewEmbedKey onClose={dialog.close} />}
      {shown && (
        <Dialog opened onClose={() => setShown(null)} title={t("embedding.exampleOf", { name: shown.name })} size="xl">
          <Examples keyId={shown.id} secret={null} />
        </Dialog>
      )}
    </>
  );
}

function useColumns(show: (key: EmbedKey) => void): Column<EmbedKey>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const confirm = useRevoking("embedding", "embed-keys", embedKeys.revoke);
  return [
    {
      key: "name",
      title: t("common.name"),
      render: (row) => (
        <Stack gap={2}>
          <Text size="sm" fw={550}>
            {row.name}
          </Text>
          <Code w="fit-content">{row.id}</Code>
        </Stack>
      ),
    },
    {
      key: "origins",
      title: t("embedding.origins"),
      hide: "phone",
      render: (row) => (
        <Text size="sm" style={{ overflowWrap: "anywhere", whiteSpace: "pre-line" }}>
          {row.origins.join("\n")}
        </Text>
      ),
    },
    {
      key: "may",
      title: t("embedding.rights"),
      render: (row) => <Badge color={row.mayChange ? "herald" : "gray"}>{t(row.mayChange ? "embedding.changes" : "embedding.reads")}</Badge>,
    },
    { key: "expires", title: t("embedding.expires"), hide: "tablet", render: (row) => (row.expiresAt ? format.date(row.expiresAt) : t("embedding.never")) },
    { key: "used", title: t("keys.used"), hide: "phone", render: (row) => format.ago(row.usedAt) },
    {
      key: "actions",
      title: t("common.actions"),
      align: "end",
      render: (row) => (
        <Group gap={4} justify="flex-end">
          <Button size="compact-sm" variant="subtle" aria-label={t("embedding.exampleOf", { name: row.name })} onClick={() => show(row)}>
            {t("embedding.example")}
          </Button>
          <Button size="compact-sm" variant="subtle" color="red" aria-label={t("embedding.revokeNamed", { name: row.name })} onClick={() => confirm(row)}>
            {t("embedding.revoke")}
          </Button>
        </Group>
      ),
    },
  ];
}
