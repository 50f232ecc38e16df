import { ActionIcon, Button, Checkbox, Group, Menu, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBookmark, IconCheck, IconChevronDown, IconDeviceFloppy, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type SavedView, type ViewQuery } from "../../../api/contact-list";
import { Dialog } from "../../../ui/Dialog";
import { tell, tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { USUAL } from "./columns";
import type { ListAddress } from "./list-search";

/** The saved views: one's own and the shared ones, and saving what the list shows now. */
export function Views({ list, columns }: { list: ListAddress; columns: string[] }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [saving, dialog] = useDisclosure();
  const views = useQuery(contactList.views).data ?? [];
  const own = views.filter((view) => view.own);
  const shared = views.filter((view) => !view.own);
  const shownNow = JSON.stringify(likeness({ search: list.search, filters: list.filters, sort: list.sort, columns }));
  const isOpen = (view: SavedView) => JSON.stringify(likeness(view.query)) === shownNow;
  const query: ViewQuery = { search: list.search, filters: list.filters, sort: list.sort, columns };
  const open = ({ query: saved }: SavedView) =>
    list.set({ search: saved.search ?? "", filters: saved.filters ?? {}, sort: saved.sort ?? "name", columns: saved.columns ?? [] });
  const removal = useMutation({
    mutationFn: contactList.removeView,
    onSuccess: () => {
      tell(t("contactList.viewRemoved"));
      return client.invalidateQueries({ queryKey: contactList.views.queryKey });
    },
    onError: tellProblem,
  });
  return (
    <>
      <Menu position="bottom-start" width={280}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} />} rightSection={<IconChevronDown size={14} />}>
            {views.find(isOpen)?.name ?? t("contactList.views")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => list.set({ search: "", filters: {}, sort: "name" })}>{t("contactList.everybody")}</Menu.Item>
          {own.length > 0 && <Menu.Label>{t("contactList.ownViews")}</Menu.Label>}
          {own.map((view) => (
            <Group key={view.id} gap={0} wrap="nowrap">
              <Menu.Item flex={1} leftSection={<Tick shown={isOpen(view)} />} onClick={() => open(view)}>
                {view.name}
              </Menu.Item>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("contactList.removeView", { name: view.name })}
                onClick={() => removal.mutate(view.id)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Group>
          ))}
          {shared.length > 0 && <Menu.Label>{t("contactList.sharedViews")}</Menu.Label>}
          {shared.map((view) => (
            <Menu.Item key={view.id} leftSection={<Tick shown={isOpen(view)} />} onClick={() => open(view)}>
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconDeviceFloppy size={16} />} onClick={dialog.open}>
            {t("contactList.saveView")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SaveView opened={saving} onClose={dialog.close} query={query} />
    </>
  );
}

/** What a query shows, so that two of them can be compared: without what is empty, in one order. */
function likeness({ search = "", filters = {}, sort = "name", columns = [] }: Partial<ViewQuery>) {
  const { fields = {}, ...others } = filters ?? {};
  const sorted = (entries: object) => Object.entries(entries).toSorted(([one], [other]) => one.localeCompare(other));
  return [search, sorted(others), sorted(fields ?? {}), sort, columns.length > 0 ? columns : USUAL];
}

function Tick({ shown }: { shown: boolean }) {
  return <IconCheck size={14} style={shown ? undefined : { visibility: "hidden" }} aria-hidden />;
}

function SaveView({ opened, onClose, query }: { opened: boolean; onClose: () => void; query: ViewQuery }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const saving = useMutation({
    mutationFn: contactList.saveView,
    onSuccess: async () => {
      tell(t("contactList.viewSaved", { name }));
      await client.invalidateQueries({ queryKey: contactList.views.queryKey });
      setName("");
      onClose();
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("contactList.saveView")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) saving.mutate({ name: name.trim(), query, shared });
        }}
      >
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <Text size="sm" c="dimmed">
            {t("contactList.viewHint")}
          </Text>
          <TextInput data-autofocus label={t("contactList.viewName")} maxLength={100} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Checkbox label={t("contactList.shareView")} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />
          <Group justify="flex-end">
            <Button type="submit" disabled={!name.trim()} loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
