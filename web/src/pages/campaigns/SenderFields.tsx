import { Autocomplete, Loader, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { planning } from "../../api/planning";
import type { DraftForm } from "./Wizard";

/** From whom: the service's own senders are offered; with one alone there is nothing to choose. */
export function SenderFields({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { accountId, senderEmail, senderName } = form.values;
  const { data, error, isFetching } = useQuery({ ...planning.senders(accountId ?? ""), enabled: accountId !== null });
  const known = (data?.items ?? []).filter((sender) => sender.email);
  const usable = known.filter((sender) => sender.verified);
  const only = usable.length === 1 ? usable[0] : undefined;
  useEffect(() => {
    if (!only?.email || senderEmail) return;
    form.setValues({ senderEmail: only.email, senderName: senderName || only.name });
  });
  const take = (email: string) => {
    const sender = known.find((each) => each.email === email);
    form.setFieldValue("senderEmail", email);
    if (sender?.name && !senderName) form.setFieldValue("senderName", sender.name);
  };
  return (
    <>
      <Autocomplete
        type="email"
        label={t("campaigns.senderEmail")}
        description={error ? t("planning.sendersSilent") : known.length > 0 ? t("planning.senderHint") : t("campaigns.senderHint")}
        data={[...new Set(known.map((sender) => sender.email as string))]}
        rightSection={isFetching ? <Loader size={16} aria-label={t("common.loading")} /> : undefined}
        renderOption={({ option }) => {
          const sender = known.find((each) => each.email === option.value);
          return (
            <div>
              <Text size="sm">{option.value}</Text>
              <Text size="xs" c="dimmed">
                {sender?.verified ? sender.name : t("planning.unverified")}
              </Text>
            </div>
          );
        }}
        {...form.getInputProps("senderEmail")}
        onChange={take}
      />
      <TextInput label={t("campaigns.senderName")} {...form.getInputProps("senderName")} />
    </>
  );
}

/** The name that an SMS comes from: the service's own are offered, one alone is taken. */
export function SmsSender({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { accountId, senderName } = form.values;
  const { data } = useQuery({ ...planning.senders(accountId ?? ""), enabled: accountId !== null });
  const names = [...new Set((data?.items ?? []).filter((sender) => !sender.email && sender.verified).map((sender) => sender.name))];
  const only = names.length === 1 ? names[0] : undefined;
  useEffect(() => {
    if (only && !senderName && !form.isTouched("senderName")) form.setFieldValue("senderName", only);
  });
  return <Autocomplete label={t("campaigns.senderName")} description={t("campaigns.smsSenderHint")} data={names} {...form.getInputProps("senderName")} />;
}
