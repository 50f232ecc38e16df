import { Button, Group, Pill } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contactList, type ContactFilters } from "../../../api/contact-list";
import { contacts } from "../../../api/contacts";
import { segments } from "../../../api/segments";
import { localised } from "../../../i18n";
import { useFormat } from "../../../ui/format";
import type { ListAddress } from "./list-search";

/** The filters that hold, each with its cross. */
export function FilterPills({ list }: { list: ListAddress }) {
  const { t } = useTranslation();
  const words = useWords(list.filters);
  if (words.length === 0) return null;
  return (
    <Group gap={6}>
      {words.map(({ key, text, without }) => (
        <Pill
          key={key}
          size="md"
          withRemoveButton
          onRemove={() => list.filter(without)}
          removeButtonProps={{ "aria-label": t("contactList.removeFilter", { name: text }), "aria-hidden": undefined, tabIndex: 0 }}
        >
          {text}
        </Pill>
      ))}
      <Button variant="subtle" size="compact-sm" onClick={() => list.set({ filters: undefined })}>
        {t("contactList.clear")}
      </Button>
    </Group>
  );
}

interface Word {
  key: string;
  text: string;
  without: ContactFilters;
}

/** Each filter in words, and what takes it away. */
function useWords(filters: ContactFilters): Word[] {
  const { t } = useTranslation();
  const format = useFormat();
  const named = useQuery({ ...segments.list, enabled: filters.segmentId !== undefined }).data?.items;
  const categories = useQuery({ ...contacts.categories, enabled: filters.category !== undefined }).data;
  const owners = useQuery({ ...contactList.owners, enabled: Boolean(filters.ownerId) }).data;
  const company = useQuery({ ...contactList.company(filters.companyId ?? ""), enabled: Boolean(filters.companyId) }).data;
  const fields = useQuery({ ...contacts.fields, enabled: filters.fields !== undefined }).data;
  const words: Word[] = [];
  const add = (key: keyof ContactFilters, text: string) => words.push({ key, text, without: { [key]: undefined } });
  const nameOf = (list: { id: string; name: string }[] | undefined, id: string) => list?.find((each) => each.id === id)?.name ?? "…";
  if (filters.segmentId) add("segmentId", `${t("contactList.segment")}: ${nameOf(named, filters.segmentId)}`);
  if (filters.category) {
    const { categoryId, state } = filters.category;
    const title = categories?.find((each) => each.id === categoryId)?.title ?? "…";
    add("category", `${title}: ${t(`contactList.consentOf.${state}`)}`);
  }
  if (filters.state) add("state", t(`contactList.stateOf.${filters.state}`));
  if (filters.ownerId === "") add("ownerId", t("contactList.nobody"));
  else if (filters.ownerId) add("ownerId", `${t("contactList.owner")}: ${nameOf(owners, filters.ownerId)}`);
  if (filters.companyId) add("companyId", `${t("contactList.company")}: ${company?.name ?? "…"}`);
  if (typeof filters.hasEmail === "boolean") add("hasEmail", t(filters.hasEmail ? "contactList.hasEmail" : "contactList.hasNoEmail"));
  if (typeof filters.hasPhone === "boolean") add("hasPhone", t(filters.hasPhone ? "contactList.hasPhone" : "contactList.hasNoPhone"));
  if (filters.createdFrom) add("createdFrom", `${t("contactList.created")} ${t("contactList.from", { date: format.date(filters.createdFrom) })}`);
  if (filters.createdTo) {
    const last = new Date(new Date(filters.createdTo).getTime() - 1).toISOString();
    add("createdTo", `${t("contactList.created")} ${t("contactList.to", { date: format.date(last) })}`);
  }
  if (filters.activeSince) add("activeSince", t("contactList.activeSinceDay", { date: format.date(filters.activeSince) }));
  if (filters.inactiveSince) add("inactiveSince", t("contactList.inactiveSinceDay", { date: format.date(filters.inactiveSince) }));
  for (const [key, wanted] of Object.entries(filters.fields ?? {})) {
    const title = localised(fields?.find((field) => field.key === key)?.title) || "…";
    const rest = Object.fromEntries(Object.entries(filters.fields ?? {}).filter(([name]) => name !== key));
    words.push({ key, text: `${title}: ${inWords(wanted)}`, without: { fields: rest as ContactFilters["fields"] } });
  }
  return words;

  function inWords(wanted: NonNullable<ContactFilters["fields"]>[string]): string {
    if (typeof wanted.flag === "boolean") return t(wanted.flag ? "common.yes" : "common.no");
    if (wanted.contains) return `${t("contactList.contains")} «${wanted.contains}»`;
    if (wanted.anyOf?.length) return wanted.anyOf.join(", ");
    const bounds = [
      wanted.least === undefined || wanted.least === null ? "" : `${t("contactList.least")} ${wanted.least}`,
      wanted.most === undefined || wanted.most === null ? "" : `${t("contactList.most")} ${wanted.most}`,
    ];
    return bounds.filter(Boolean).join(" ");
  }
}
