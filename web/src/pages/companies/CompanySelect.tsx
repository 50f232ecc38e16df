import { Button, Group, Select } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { CompanyDialog } from "./CompanyDialog";

type Chosen = Pick<Company, "id" | "name"> & { inn?: string | null };

const SHOWN = 20;

/** Chooses a company as its name or INN is typed; one that is missing is created on the way. */
export function CompanySelect({ value, onChange, label }: { value: Chosen | null; onChange: (company: Chosen | null) => void; label?: string }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [sought] = useDebouncedValue(search === value?.name ? "" : search, 200);
  const [creating, dialog] = useDisclosure();
  const found = useQuery(companies.list({ search: sought, offset: 0, limit: SHOWN })).data?.items ?? [];
  const offered: Chosen[] = value && !found.some((one) => one.id === value.id) ? [value, ...found] : found;
  return (
    <>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <Select
          flex={1}
          label={label ?? t("card.company")}
          placeholder={t("companies.typeToFind")}
          nothingFoundMessage={t("companies.nothingFound")}
          searchable
          clearable
          filter={({ options }) => options}
          value={value?.id ?? null}
          searchValue={search}
          onSearchChange={setSearch}
          onChange={(id) => onChange(offered.find((one) => one.id === id) ?? null)}
          data={offered.map((one) => ({ value: one.id, label: one.name }))}
        />
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={dialog.open}>
          {t("companies.create")}
        </Button>
      </Group>
      <CompanyDialog key={String(creating)} company={null} opened={creating} onClose={dialog.close} onSaved={onChange} />
    </>
  );
}
