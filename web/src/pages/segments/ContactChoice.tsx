import { Select, type SelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { contacts, type ContactRow } from "../../api/contacts";

const SEARCH_AFTER_MS = 250;
const SHOWN = 12;

interface Props extends Omit<SelectProps, "data" | "onChange" | "value"> {
  chosen: ContactRow | null;
  onChoose: (contact: ContactRow | null) => void;
}

/** A contact, found by name, e-mail or phone. */
export function ContactChoice({ chosen, onChoose, ...select }: Props) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, SEARCH_AFTER_MS);
  const { data } = useQuery({ ...contacts.list({ search, offset: 0, limit: SHOWN }), enabled: search.trim().length > 0 });
  const found = search.trim() ? (data?.items ?? []) : [];
  const known = chosen && !found.some((one) => one.id === chosen.id) ? [chosen, ...found] : found;
  return (
    <Select
      searchable
      clearable
      // The server has searched already.
      filter={({ options }) => options}
      data={known.map((one) => ({ value: one.id, label: [one.name, one.email ?? one.phone].filter(Boolean).join(" · ") }))}
      value={chosen?.id ?? null}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id) => onChoose(known.find((one) => one.id === id) ?? null)}
      {...select}
    />
  );
}
