import { Avatar, Badge, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { contactList } from "../../../api/contact-list";
import { contacts, type ContactField, type ContactRow } from "../../../api/contacts";
import { localised } from "../../../i18n";
import { Contactable } from "../../../ui/Contactable";
import { useFormat } from "../../../ui/format";
import type { Column } from "../../../ui/Rows";
import { ContactBadge } from "../ContactBadge";

export const USUAL = ["email", "phone", "state", "created"];
const FIELD = "field.";

interface Choice {
  key: string;
  title: string;
}

/** Every column that may be shown beside the name. */
export function useColumnChoices(): Choice[] {
  const { t } = useTranslation();
  const fields = useQuery(contacts.fields).data ?? [];
  return [
    { key: "email", title: t("contacts.email") },
    { key: "phone", title: t("contacts.phone") },
    { key: "state", title: t("common.state") },
    { key: "owner", title: t("contactList.owner") },
    { key: "created", title: t("contacts.added") },
    { key: "updated", title: t("contactList.updated") },
    { key: "lastActivity", title: t("contactList.lastActivity") },
    ...fields.map((field) => ({ key: FIELD + field.key, title: localised(field.title) })),
  ];
}

interface Selecting {
  has: (id: string) => boolean;
  toggle: (id: string) => void;
}

/** The chosen columns, the name first; without `selecting` nobody can be chosen. */
export function useColumns(shown: string[], selecting: Selecting | undefined): Column<ContactRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const fields = useQuery(contacts.fields).data ?? [];
  const owners = useQuery({ ...contactList.owners, enabled: shown.includes("owner") }).data ?? [];
  const choices = useColumnChoices();
  const values: Record<string, (row: ContactRow) => ReactNode> = {
    email: (row) => <FirstOf value={row.email} all={row.emails.length} />,
    phone: (row) => <FirstOf value={row.phone} all={row.phones.length} />,
    state: (row) => <ContactBadge row={row} />,
    owner: (row) => owners.find(({ id }) => id === row.ownerId)?.name ?? "—",
    created: (row) => <Whole>{format.date(row.createdAt)}</Whole>,
    updated: (row) => <Whole>{format.dateTime(row.updatedAt)}</Whole>,
    lastActivity: (row) => <Whole>{format.dateTime(row.lastActivityAt)}</Whole>,
  };
  const cell = (key: string): ((row: ContactRow) => ReactNode) => {
    const field = fields.find((each) => FIELD + each.key === key);
    return values[key] ?? ((row) => (field ? <FieldValue field={field} value={row.fields[field.key]} /> : null));
  };
  const rest = choices
    .filter(({ key }) => shown.includes(key))
    .map(({ key, title }): Column<ContactRow> => ({ key, title, render: cell(key), hide: shown === USUAL ? HIDDEN[key] : undefined }));
  return [{ key: "name", title: t("contacts.name"), width: 300, render: (row) => <Name row={row} selecting={selecting} /> }, ...rest];
}

/** Of the usual columns; what somebody chose is shown everywhere. */
const HIDDEN: Record<string, "phone" | "tablet"> = { created: "phone" };

function Name({ row, selecting }: { row: ContactRow; selecting: Selecting | undefined }) {
  const { t } = useTranslation();
  return (
    <Group gap="sm" wrap="nowrap">
      {selecting && (
        <Checkbox
          aria-label={t("contactList.select", { name: row.name })}
          checked={selecting.has(row.id)}
          onChange={() => selecting.toggle(row.id)}
        />
      )}
      <Avatar name={row.name} color="initials" size={32} aria-hidden />
      <Stack gap={0} miw={{ base: 0, sm: 130 }}>
        <Link to="/contacts/$id" params={{ id: row.id }} className="row-link">
          {row.name}
        </Link>
        {row.company && (
          <Text size="xs" c="dimmed">
            {row.company.name}
          </Text>
        )}
      </Stack>
    </Group>
  );
}

/** On one line: a date that is broken into pieces is hard to read. */
function Whole({ children }: { children: string }) {
  return <span style={{ whiteSpace: "nowrap" }}>{children}</span>;
}

function FirstOf({ value, all }: { value: string | null; all: number }) {
  return (
    <Group gap={6} wrap="nowrap">
      <span>
        <Contactable text={value} />
      </span>
      {all > 1 && (
        <Badge size="sm" color="gray">
          +{all - 1}
        </Badge>
      )}
    </Group>
  );
}

function FieldValue({ field, value }: { field: ContactField; value: unknown }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (value === undefined || value === null || value === "") return <>—</>;
  if (field.kind === "boolean") return <>{t(value ? "common.yes" : "common.no")}</>;
  if (field.kind === "number") return <>{format.number(Number(value))}</>;
  if (field.kind === "date") return <Whole>{format.date(`${String(value)}T12:00:00Z`)}</Whole>;
  return <>{String(value)}</>;
}
