import { Button, Group, NumberInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import { contacts, type ContactCard, type ContactField } from "../../api/contacts";
import { localised } from "../../i18n";
import { DayPicker } from "../../ui/DayPicker";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CompanySelect } from "../companies/CompanySelect";
import { AddressFields } from "./NewContact";

type Value = string | number | boolean | null;

export function EditContact({ contact, opened, onClose }: { contact: ContactCard; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const owners = useQuery(card.owners).data ?? [];
  const defined = useQuery(contacts.fields).data ?? [];
  const form = useForm({
    initialValues: {
      name: contact.name,
      emails: contact.emails.map((one) => one.address),
      phones: contact.phones.map((one) => one.address),
      company: contact.company,
      ownerId: contact.ownerId,
      externalId: contact.externalId ?? "",
      fields: { ...contact.fields } as Record<string, Value>,
    },
    validate: { name: (value) => (value.trim() ? null : t("contacts.nameNeeded")) },
  });
  const saving = useMutation({
    mutationFn: ({ company, externalId, fields, ...draft }: typeof form.values) => {
      // Values of archived fields, and options that are gone, stay as they are: only what changed is sent.
      const changed = Object.entries(fields).filter(([key, value]) => (contact.fields[key] ?? null) !== value);
      return contacts.change(contact.id, {
        ...draft,
        companyId: company?.id ?? null,
        externalId: externalId.trim() || null,
        fields: Object.fromEntries(changed),
      });
    },
    onSuccess: async () => {
      tell(t("common.saved"));
      onClose();
      await client.invalidateQueries({ queryKey: ["contacts"] });
    },
  });
  const known = contact.owner && !owners.some((one) => one.id === contact.ownerId) ? [contact.owner, ...owners] : owners;
  return (
    <Dialog opened={opened} onClose={onClose} title={t("contacts.editTitle")} size="lg">
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <TextInput data-autofocus label={t("contacts.name")} {...form.getInputProps("name")} />
          <AddressFields emails={form.getInputProps("emails")} phones={form.getInputProps("phones")} />
          <CompanySelect value={form.values.company} onChange={(company) => form.setFieldValue("company", company)} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <Select
              label={t("card.owner")}
              placeholder={t("card.noOwner")}
              clearable
              searchable
              data={known.map((one) => ({ value: one.id, label: one.name }))}
              {...form.getInputProps("ownerId")}
            />
            <TextInput label={t("card.externalId")} {...form.getInputProps("externalId")} />
            {defined.map((field) => (
              <FieldInput
                key={field.key}
                field={field}
                value={form.values.fields[field.key] ?? null}
                onChange={(value) => form.setFieldValue("fields", { ...form.values.fields, [field.key]: value })}
              />
            ))}
          </SimpleGrid>
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** A value of a custom field, by the field's type; empty means that the contact has none. */
function FieldInput({ field, value, onChange }: { field: ContactField; value: Value; onChange: (value: Value) => void }) {
  const { t } = useTranslation();
  const label = localised(field.title);
  const none = t("card.notChosen");
  switch (field.kind) {
    case "number":
      return <NumberInput label={label} placeholder={none} value={typeof value === "number" ? value : ""} onChange={(next) => onChange(typeof next === "number" ? next : null)} />;
    case "boolean":
      return (
        <Select
          label={label}
          placeholder={none}
          clearable
          data={[
            { value: "yes", label: t("common.yes") },
            { value: "no", label: t("common.no") },
          ]}
          value={value === null ? null : value ? "yes" : "no"}
          onChange={(next) => onChange(next === null ? null : next === "yes")}
        />
      );
    case "date":
      return <DayPicker label={label} value={typeof value === "string" ? value : null} onChange={onChange} />;
    case "choice": {
      const options = typeof value === "string" && !field.options.includes(value) ? [value, ...field.options] : field.options;
      return <Select label={label} placeholder={none} clearable data={options} value={typeof value === "string" ? value : null} onChange={onChange} />;
    }
    default:
      return (
        <TextInput
          label={label}
          placeholder={none}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        />
      );
  }
}
