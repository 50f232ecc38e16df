import { Anchor, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { deals, type Source } from "../../api/sales";
import { useRight } from "../../api/session";
import { NOTHING } from "../../ui/format";
import { useOwners } from "./Filters";

export interface Named {
  id: string;
  name: string;
}

const SHOWN = 20;

/** A name that leads to its card, for those who may read it. */
export function NameLink({ of, to, right }: { of: Named | null; to: "/companies/$id" | "/contacts/$id"; right: string }) {
  const may = useRight(right);
  if (of === null) return NOTHING;
  if (!may) return of.name;
  return (
    <Anchor component={Link} to={to} params={{ id: of.id } as never} inherit>
      {of.name}
    </Anchor>
  );
}

export const ClientLink = ({ of }: { of: Named | null }) => <NameLink of={of} to="/companies/$id" right="contacts.read" />;
export const ContactLink = ({ of }: { of: Named | null }) => <NameLink of={of} to="/contacts/$id" right="contacts.read" />;

/** The lead that a deal or an order was made of. */
export function SourceLink({ source }: { source: Source | null }) {
  const { t } = useTranslation();
  const may = useRight("leads.read");
  if (source?.kind !== "lead") return NOTHING;
  if (!may) return t("sales.fromLead");
  return (
    <Anchor component={Link} to={`/leads/${source.id}`} inherit>
      {t("sales.fromLead")}
    </Anchor>
  );
}

interface ChoiceProps {
  value: Named | null;
  onChange: (value: Named | null) => void;
}

/** Chooses a contact as a name, an address or a phone is typed. */
export function ContactSelect({ value, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [sought] = useDebouncedValue(search === value?.name ? "" : search, 200);
  const found = useQuery(contacts.list({ search: sought, offset: 0, limit: SHOWN })).data?.items ?? [];
  return (
    <Choice
      label={t("sales.contact")}
      placeholder={t("sales.typeContact")}
      offered={found}
      value={value}
      onChange={onChange}
      search={search}
      setSearch={setSearch}
    />
  );
}

/** Chooses a deal as its number or words are typed. */
export function DealSelect({ value, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const [sought] = useDebouncedValue(search === value?.name ? "" : search, 200);
  const found = useQuery(deals.list({ search: sought, offset: 0, limit: SHOWN })).data?.items ?? [];
  return (
    <Choice
      label={t("sales.deal")}
      placeholder={t("sales.typeDeal")}
      offered={found.map(({ id, number, title }) => ({ id, name: `№ ${number} ${title}` }))}
      value={value}
      onChange={onChange}
      search={search}
      setSearch={setSearch}
    />
  );
}

interface OfferProps extends ChoiceProps {
  label: string;
  placeholder: string;
  offered: Named[];
  search: string;
  setSearch: (search: string) => void;
  error?: string | false | undefined;
}

/** A thing that is found as it is typed; the server says which ones fit. */
export function Choice({ label, placeholder, offered, value, onChange, search, setSearch, error }: OfferProps) {
  const { t } = useTranslation();
  const all = value && !offered.some((one) => one.id === value.id) ? [value, ...offered] : offered;
  return (
    <Select
      label={label}
      placeholder={placeholder}
      nothingFoundMessage={t("sales.nothingFound")}
      searchable
      clearable
      filter={({ options }) => options}
      value={value?.id ?? null}
      error={error || undefined}
      styles={{ option: { overflowWrap: "anywhere" } }}
      searchValue={search}
      onSearchChange={setSearch}
      onChange={(id) => onChange(all.find((one) => one.id === id) ?? null)}
      data={all.map((one) => ({ value: one.id, label: one.name }))}
    />
  );
}

/** Chooses who is responsible; who is so now stays in the list even when no longer at work. */
export function ResponsibleSelect({ value, known, onChange }: { value: string | null; known: Named | null; onChange: (id: string | null) => void }) {
  const { t } = useTranslation();
  const owners = useOwners();
  const all = known && !owners.some((one) => one.id === known.id) ? [known, ...owners] : owners;
  return (
    <Select
      label={t("sales.responsible")}
      placeholder={t("sales.nobody")}
      searchable
      clearable
      value={value}
      onChange={onChange}
      data={all.map((one) => ({ value: one.id, label: one.name }))}
    />
  );
}
