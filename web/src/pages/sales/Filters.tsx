import { Button, CloseButton, Group, Select, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { card, companies } from "../../api/card";
import { useRight } from "../../api/session";
import type { SalesList } from "./search";

interface FilterProps {
  label: string;
  any: string;
  value: string | undefined;
  data: { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
}

/** A filter beside a list's search. */
export function FilterSelect({ label, any, value, data, onChange }: FilterProps) {
  return (
    <Select
      clearable
      flex={{ base: "1 1 100%", xs: "1 1 160px" }}
      maw={{ base: "100%", sm: 220 }}
      aria-label={label}
      placeholder={any}
      value={value ?? null}
      data={data}
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  );
}

/** Whoever may be responsible; those who may not read contacts choose nobody. */
export function useOwners() {
  const reads = useRight("contacts.read");
  return useQuery({ ...card.owners, enabled: reads }).data ?? [];
}

export function ResponsibleFilter({ sales }: { sales: SalesList }) {
  const { t } = useTranslation();
  const owners = useOwners();
  if (owners.length === 0) return null;
  return (
    <FilterSelect
      label={t("sales.responsible")}
      any={t("sales.anyResponsible")}
      value={sales.address.responsibleId}
      data={owners.map(({ id, name }) => ({ value: id, label: name }))}
      onChange={(responsibleId) => sales.set({ responsibleId })}
    />
  );
}

/** In which order the rows stand: the address keeps it, without it the newest come first. */
export function SortSelect({ sales, by }: { sales: SalesList; by: string[] }) {
  const { t } = useTranslation();
  return (
    <FilterSelect
      label={t("sales.sort")}
      any={t("sales.newestFirst")}
      value={sales.address.sort}
      data={by.map((value) => ({ value, label: t(`sales.sorts.${value}`) }))}
      onChange={(sort) => sales.set({ sort })}
    />
  );
}

/** Says that the list is one client's, as a card leads to it, and lets go of that. */
export function ClientOnly({ id, onAll }: { id: string | undefined; onAll: () => void }) {
  const { t } = useTranslation();
  const reads = useRight("contacts.read");
  const client = useQuery({ ...companies.card(id ?? ""), enabled: reads && id !== undefined }).data;
  if (id === undefined) return null;
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="sm">{client ? t("sales.onlyClient", { name: client.name }) : t("sales.onlyOneClient")}</Text>
      <CloseButton size="sm" aria-label={t("sales.allClients")} onClick={onAll} />
    </Group>
  );
}

export function Download({ href, right }: { href: string; right?: string }) {
  const { t } = useTranslation();
  const may = useRight(right ?? "sales.read");
  if (!may) return null;
  return (
    <Button variant="default" component="a" href={href} download leftSection={<IconDownload size={16} />}>
      {t("sales.csv")}
    </Button>
  );
}
