import { NumberInput, Paper, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contactList, type ContactFilters, type FieldFilter } from "../../../api/contact-list";
import { contacts, type ContactField } from "../../../api/contacts";
import { segments } from "../../../api/segments";
import { sessionQuery } from "../../../api/session";
import { localised } from "../../../i18n";
import { DayPicker } from "../../../ui/DayPicker";
import { instantOf, wallClockOf } from "../../../ui/zones";
import type { ListAddress } from "./list-search";

const STATES = ["reachable", "blocked", "unsubscribed", "stopped"] as const;
const NOBODY = "-";

/** Every filter of the list; each works as soon as it is set. */
export function FilterPanel({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const { filters, filter } = list;
  const known = useQuery(segments.list).data?.items ?? [];
  const owners = useQuery(contactList.owners).data ?? [];
  const presence = (value: boolean | null | undefined) => (value === undefined || value === null ? null : String(value));
  const choices = [
    { value: "true", label: t("contactList.has") },
    { value: "false", label: t("contactList.hasNot") },
  ];
  return (
    <Paper p="md" withBorder>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }} spacing="sm" verticalSpacing="sm" style={{ alignItems: "end" }}>
        <Choice
          label={t("contactList.segment")}
          value={filters.segmentId}
          data={known.map((each) => ({ value: each.id, label: each.name }))}
          onChange={(segmentId) => filter({ segmentId })}
        />
        <CategoryFilter list={list} />
        <Choice
          label={t("contactList.state")}
          value={filters.state}
          data={STATES.map((value) => ({ value, label: t(`contactList.stateOf.${value}`) }))}
          onChange={(state) => filter({ state: state as ContactFilters["state"] })}
        />
        <Choice
          label={t("contactList.owner")}
          value={filters.ownerId === "" ? NOBODY : filters.ownerId}
          data={[{ value: NOBODY, label: t("contactList.nobody") }, ...owners.map(({ id, name }) => ({ value: id, label: name }))]}
          onChange={(ownerId) => filter({ ownerId: ownerId === NOBODY ? "" : ownerId })}
        />
        <CompanyFilter list={list} />
        <Choice
          label={t("contactList.email")}
          value={presence(filters.hasEmail)}
          data={choices}
          onChange={(value) => filter({ hasEmail: value === undefined ? undefined : value === "true" })}
        />
        <Choice
          label={t("contactList.phone")}
          value={presence(filters.hasPhone)}
          data={choices}
          onChange={(value) => filter({ hasPhone: value === undefined ? undefined : value === "true" })}
        />
        <Days list={list} />
        <FieldFilters list={list} />
      </SimpleGrid>
    </Paper>
  );
}

interface ChoiceProps {
  label: string;
  value: string | null | undefined;
  data: { value: string; label: string }[];
  onChange: (value: string | undefined) => void;
}

function Choice({ label, value, data, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <Select
      label={label}
      placeholder={t("contactList.any")}
      clearable
      clearButtonProps={{ "aria-label": t("contactList.removeFilter", { name: label }) }}
      searchable={data.length > 8}
      value={value ?? null}
      data={data}
      onChange={(chosen) => onChange(chosen ?? undefined)}
    />
  );
}

function CategoryFilter({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const known = useQuery(contacts.categories).data ?? [];
  const chosen = list.filters.category;
  return (
    <>
      <Choice
        label={t("contactList.category")}
        value={chosen?.categoryId}
        data={known.map((each) => ({ value: each.id, label: each.title }))}
        onChange={(categoryId) =>
          list.filter({ category: categoryId ? { categoryId, state: chosen?.state ?? "subscribed" } : undefined })
        }
      />
      {chosen && (
        <Select
          label={t("contactList.categoryState")}
          allowDeselect={false}
          value={chosen.state}
          data={(["subscribed", "unsubscribed"] as const).map((value) => ({ value, label: t(`contactList.consentOf.${value}`) }))}
          onChange={(state) => list.filter({ category: { ...chosen, state: state as "subscribed" | "unsubscribed" } })}
        />
      )}
    </>
  );
}

function CompanyFilter({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, 250);
  const found = useQuery(contactList.companies(search)).data?.items ?? [];
  const chosen = list.filters.companyId ?? null;
  const own = useQuery({ ...contactList.company(chosen ?? ""), enabled: chosen !== null && !found.some(({ id }) => id === chosen) }).data;
  const offered = own && own.id === chosen && !found.some(({ id }) => id === chosen) ? [own, ...found] : found;
  return (
    <Select
      label={t("contactList.company")}
      placeholder={t("contactList.companyHint")}
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("contactList.removeFilter", { name: t("contactList.company") }) }}
      filter={({ options }) => options}
      value={chosen}
      data={offered.map(({ id, name }) => ({ value: id, label: name }))}
      searchValue={text}
      onSearchChange={setText}
      onChange={(companyId) => list.filter({ companyId: companyId ?? undefined })}
    />
  );
}

/** Whole days of the organisation's zone, kept as instants: from the first one's beginning to the last one's end. */
function Days({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const zone = useQuery(sessionQuery).data?.organisation.timezone ?? "UTC";
  const { createdFrom, createdTo, activeSince, inactiveSince } = list.filters;
  const shown = (instant: string | null | undefined, shiftMs: number) =>
    instant ? wallClockOf(new Date(new Date(instant).getTime() + shiftMs), zone).slice(0, 10) : null;
  const begin = (text: string | null) => (text ? instantOf(`${text} 00:00`, zone) : undefined);
  return (
    <>
      <DayPicker
        label={t("contactList.createdFrom")}
        value={shown(createdFrom, 0)}
        onChange={(day) => list.filter({ createdFrom: begin(day) })}
      />
      <DayPicker
        label={t("contactList.createdTo")}
        value={shown(createdTo, -1)}
        onChange={(day) => list.filter({ createdTo: begin(following(day)) })}
      />
      <DayPicker
        label={t("contactList.activeSince")}
        value={shown(activeSince, 0)}
        onChange={(day) => list.filter({ activeSince: begin(day) })}
      />
      <DayPicker
        label={t("contactList.inactiveSince")}
        value={shown(inactiveSince, 0)}
        onChange={(day) => list.filter({ inactiveSince: begin(day) })}
      />
    </>
  );
}

function following(day: string | null): string | null {
  if (!day) return null;
  return new Date(new Date(`${day}T00:00:00Z`).getTime() + 86_400_000).toISOString().slice(0, 10);
}

function FieldFilters({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const fields = useQuery(contacts.fields).data ?? [];
  const [added, setAdded] = useState<string[]>([]);
  const wanted = list.filters.fields ?? {};
  const shown = fields.filter(({ key }) => key in wanted || added.includes(key));
  const set = (key: string, value: FieldFilter) => list.filter({ fields: { ...wanted, [key]: value } as ContactFilters["fields"] });
  const left = fields.filter((field) => !shown.includes(field));
  return (
    <>
      {shown.map((field) => (
        <OneField key={field.key} field={field} wanted={(wanted[field.key] ?? {}) as FieldFilter} set={(value) => set(field.key, value)} />
      ))}
      {left.length > 0 && (
        <Select
          label={t("contactList.addField")}
          placeholder={t("contactList.any")}
          searchable={left.length > 8}
          value={null}
          data={left.map((field) => ({ value: field.key, label: localised(field.title) }))}
          onChange={(key) => key && setAdded([...added, key])}
        />
      )}
    </>
  );
}

function OneField({ field, wanted, set }: { field: ContactField; wanted: FieldFilter; set: (value: FieldFilter) => void }) {
  const { t } = useTranslation();
  const label = localised(field.title);
  if (field.kind === "boolean") {
    const data = ["true", "false"].map((value) => ({ value, label: t(value === "true" ? "common.yes" : "common.no") }));
    const value = wanted.flag === undefined || wanted.flag === null ? null : String(wanted.flag);
    return <Choice label={label} value={value} data={data} onChange={(flag) => set(flag ? { flag: flag === "true" } : {})} />;
  }
  if (field.kind === "choice") {
    const data = field.options.map((option) => ({ value: option, label: option }));
    return <Choice label={label} value={wanted.anyOf?.[0]} data={data} onChange={(option) => set(option ? { anyOf: [option] } : {})} />;
  }
  if (field.kind === "text") return <TextFilter label={`${label}: ${t("contactList.contains")}`} wanted={wanted} set={set} />;
  return (
    <Stack gap={0} component="fieldset" style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <SimpleGrid cols={2} spacing="xs" style={{ alignItems: "end" }}>
        {(["least", "most"] as const).map((bound) => {
          const name = `${label}: ${t(`contactList.${bound}`)}`;
          const value = wanted[bound] ?? "";
          const change = (next: string | number) => {
            const { [bound]: _, ...rest } = wanted;
            set(next === "" ? rest : { ...rest, [bound]: next });
          };
          return field.kind === "date" ? (
            <DayPicker key={bound} label={name} value={value === "" ? null : String(value)} onChange={(chosen) => change(chosen ?? "")} />
          ) : (
            <NumberInput key={bound} label={name} hideControls value={value} onChange={change} />
          );
        })}
      </SimpleGrid>
    </Stack>
  );
}

function TextFilter({ label, wanted, set }: { label: string; wanted: FieldFilter; set: (value: FieldFilter) => void }) {
  const [text, setText] = useState(wanted.contains ?? "");
  const commit = () => set(text.trim() ? { contains: text.trim() } : {});
  return (
    <TextInput
      label={label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => event.key === "Enter" && commit()}
    />
  );
}
