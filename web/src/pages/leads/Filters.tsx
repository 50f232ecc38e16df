import { Button, Checkbox, Collapse, Group, Paper, Select, SegmentedControl, SimpleGrid, TextInput } from "@mantine/core";
import { Badge } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconFilter, IconSearch, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import { leads, SORTS, type LeadSort } from "../../api/leads";
import { useRight } from "../../api/session";
import { DayPicker } from "../../ui/DayPicker";
import { ClientOnly } from "../sales/Filters";
import { heldFilters, type LeadAddress, type Whose } from "./search";

/** Which leads to show; everything chosen stands in the page's address. */
export function Filters({ address }: { address: LeadAddress }) {
  const { t } = useTranslation();
  const held = heldFilters(address);
  const [opened, panel] = useDisclosure(held > 0);
  return (
    <>
      <Group gap="sm">
        <Search address={address} />
        <SegmentedControl
          aria-label={t("leads.whose")}
          value={address.whose ?? "all"}
          onChange={(value) => address.set({ whose: value === "all" ? undefined : (value as Whose), responsibleId: undefined })}
          data={(["all", "mine", "nobodys"] as const).map((value) => ({ value, label: t(`leads.whoseOf.${value}`) }))}
        />
        <Button
          variant={opened ? "light" : "default"}
          leftSection={<IconFilter size={16} />}
          rightSection={held > 0 && <Badge circle>{held}</Badge>}
          aria-expanded={opened}
          onClick={panel.toggle}
        >
          {t("leads.filters")}
        </Button>
        <Select
          w={{ base: "100%", xs: 230 }}
          aria-label={t("leads.sort")}
          allowDeselect={false}
          value={address.sort ?? "-created"}
          onChange={(sort) => address.set({ sort: (sort as LeadSort | null) ?? undefined })}
          data={SORTS.map((value) => ({ value, label: t(`leads.sortOf.${value}`) }))}
        />
        <ClientOnly id={address.clientId} onAll={() => address.set({ clientId: undefined })} />
      </Group>
      <Collapse expanded={opened}>{opened && <FilterPanel address={address} />}</Collapse>
    </>
  );
}

function FilterPanel({ address }: { address: LeadAddress }) {
  const { t } = useTranslation();
  const channels = useQuery(leads.channels).data ?? [];
  const seesPeople = useRight("contacts.read");
  const people = useQuery({ ...card.owners, enabled: seesPeople }).data ?? [];
  return (
    <Paper p="md">
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
        <Select
          clearable
          searchable
          label={t("leads.channel")}
          placeholder={t("leads.anyChannel")}
          value={address.channelId ?? null}
          onChange={(value) => address.set({ channelId: value ?? undefined })}
          data={channels.map(({ id, title }) => ({ value: id, label: title }))}
        />
        {seesPeople && (
          <Select
            clearable
            searchable
            label={t("leads.responsible")}
            placeholder={t("leads.anybody")}
            value={address.responsibleId ?? null}
            onChange={(value) => address.set({ responsibleId: value ?? undefined, whose: undefined })}
            data={people.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )}
        <DayPicker label={t("leads.from")} value={address.from ?? null} onChange={(day) => address.set({ from: day ?? undefined })} />
        <DayPicker label={t("leads.to")} value={address.to ?? null} onChange={(day) => address.set({ to: day ?? undefined })} />
      </SimpleGrid>
      <Group mt="md" gap="lg">
        <Checkbox label={t("leads.withWarnings")} checked={address.warnings ?? false} onChange={({ currentTarget }) => address.set({ warnings: currentTarget.checked || undefined })} />
        <Checkbox label={t("leads.unreadOnly")} checked={address.unread ?? false} onChange={({ currentTarget }) => address.set({ unread: currentTarget.checked || undefined })} />
        {heldFilters(address) > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconX size={14} />}
            onClick={() => address.set({ responsibleId: undefined, channelId: undefined, from: undefined, to: undefined, warnings: undefined, unread: undefined })}
          >
            {t("leads.reset")}
          </Button>
        )}
      </Group>
    </Paper>
  );
}

function Search({ address }: { address: LeadAddress }) {
  const { t } = useTranslation();
  const [text, setText] = useState(address.search ?? "");
  const search = useDebouncedCallback((value: string) => address.set({ search: value || undefined }), 250);
  return (
    <TextInput
      type="search"
      flex="1 1 220px"
      maw={{ base: "100%", sm: 360 }}
      aria-label={t("leads.search")}
      placeholder={t("leads.search")}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}
