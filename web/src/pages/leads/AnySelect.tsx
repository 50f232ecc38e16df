import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { companies } from "../../api/card";
import { contacts } from "../../api/contacts";
import { Choice, type Named } from "../sales/Parties";

const SHOWN = 20;

interface Props {
  value: Named | null;
  onChange: (value: Named | null) => void;
  error: string | false | undefined;
}

function useSought(value: Named | null) {
  const [search, setSearch] = useState("");
  const [sought] = useDebouncedValue(search === value?.name ? "" : search, 200);
  return { search, setSearch, slice: { search: sought, offset: 0, limit: SHOWN } };
}

/** Any client that there is, as its name or INN is typed. */
export function AnyClient({ value, onChange, error }: Props) {
  const { t } = useTranslation();
  const { search, setSearch, slice } = useSought(value);
  const found = useQuery(companies.list(slice)).data?.items ?? [];
  return (
    <Choice
      label={t("leads.anyClient")}
      placeholder={t("companies.typeToFind")}
      offered={found.map(({ id, name, inn }) => ({ id, name: inn ? `${name} · ${inn}` : name }))}
      value={value}
      onChange={onChange}
      search={search}
      setSearch={setSearch}
      error={error}
    />
  );
}

/** Any contact that there is; until something is typed, those of the client come first. */
export function AnyContact({ value, onChange, error, clientId }: Props & { clientId: string | null }) {
  const { t } = useTranslation();
  const { search, setSearch, slice } = useSought(value);
  const all = useQuery(contacts.list(slice)).data?.items ?? [];
  const own = useQuery({ ...companies.contacts(clientId ?? "", slice), enabled: clientId !== null }).data?.items ?? [];
  const rows = [...own, ...all.filter((one) => !own.some(({ id }) => id === one.id))];
  return (
    <Choice
      label={t("leads.anyContact")}
      placeholder={t("sales.typeContact")}
      offered={rows.map(({ id, name, email, phone }) => ({ id, name: [name, email ?? phone].filter(Boolean).join(" · ") || id }))}
      value={value}
      onChange={onChange}
      search={search}
      setSearch={setSearch}
      error={error}
    />
  );
}
