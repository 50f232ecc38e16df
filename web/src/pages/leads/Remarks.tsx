import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { leads, type LeadCard, type LeadWarning } from "../../api/leads";
import { useRight } from "../../api/session";
import { tell } from "../../ui/notices";
import { describeProblem } from "../../ui/problems";
import { isInn } from "./inn";
import classes from "./Lead.module.css";

/** What a person should know of the lead, and what is mended here and now. */
export function Remarks({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const writes = useRight("leads.write");
  if (lead.remarks.length === 0) return null;
  return (
    <Alert color="yellow" icon={<IconAlertTriangle size={18} />} title={t("leads.remarks", { count: lead.remarks.length })}>
      <Stack component="ul" gap="sm" className={classes.remarks}>
        {lead.remarks.map((remark) => (
          <li key={JSON.stringify([remark.code, remark.field, remark.facts])}>
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {remark.text}
            </Text>
            {remark.code === "wrong_inn" && writes && <InnForm lead={lead} remark={remark} />}
            {remark.code === "email_unreadable" && writes && <AddressForm lead={lead} remark={remark} kind="email" />}
            {remark.code === "phone_unreadable" && writes && <AddressForm lead={lead} remark={remark} kind="phone" />}
          </li>
        ))}
      </Stack>
    </Alert>
  );
}

/** The right INN: by one click where only spaces and signs were wrong, else typed in. */
function InnForm({ lead, remark }: { lead: LeadCard; remark: LeadWarning }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const suggestion = typeof remark.facts.suggestion === "string" ? remark.facts.suggestion : null;
  const [inn, setInn] = useState(suggestion ?? String(remark.facts.inn ?? lead.inn));
  const [error, setError] = useState<string>();
  const correcting = useMutation({
    mutationFn: (right: string) => leads.correctInn(lead.id, right),
    onSuccess: (card) => {
      client.setQueryData(leads.card(lead.id).queryKey, card);
      tell(t(card.inn ? "leads.innCorrected" : "leads.innTakenAway"));
      void client.invalidateQueries({ queryKey: ["leads"] });
    },
    onError: (problem) => setError(describeProblem(problem).detail || describeProblem(problem).title),
  });
  const digits = inn.replaceAll(/\s/g, "");
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (isInn(digits)) correcting.mutate(digits);
        else setError(t("leads.innWrong"));
      }}
    >
      <Group gap="xs" mt={6} align="flex-end">
        <TextInput
          size="sm"
          w={{ base: "100%", xs: 220 }}
          label={t("leads.rightInn")}
          inputMode="numeric"
          value={inn}
          error={error}
          onChange={(event) => {
            setInn(event.currentTarget.value);
            setError(undefined);
          }}
        />
        <Button type="submit" size="sm" loading={correcting.isPending}>
          {suggestion !== null && digits === suggestion ? t("leads.correctTo", { inn: suggestion }) : t("leads.correctInn")}
        </Button>
        <Button size="sm" variant="subtle" color="gray" disabled={correcting.isPending} onClick={() => correcting.mutate("")}>
          {t("leads.withoutInn")}
        </Button>
      </Group>
    </form>
  );
}

/** The right address or phone: by one click where one stands in what was written, else typed in. */
function AddressForm({ lead, remark, kind }: { lead: LeadCard; remark: LeadWarning; kind: "email" | "phone" }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const suggestion = typeof remark.facts.suggestion === "string" ? remark.facts.suggestion : null;
  const [address, setAddress] = useState(suggestion ?? lead[kind]);
  const [error, setError] = useState<string>();
  const correcting = useMutation({
    mutationFn: (right: string) => leads.change(lead.id, { [kind]: right }),
    onSuccess: (card) => {
      client.setQueryData(leads.card(lead.id).queryKey, card);
      if (card.remarks.some(({ code }) => code === remark.code)) setError(t(`leads.notAn.${kind}`));
      else tell(t("common.saved"));
      void client.invalidateQueries({ queryKey: ["leads"] });
    },
    onError: (problem) => setError(describeProblem(problem).detail || describeProblem(problem).title),
  });
  const right = address.trim();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (looksLike(kind, right)) correcting.mutate(right);
        else setError(t(`leads.notAn.${kind}`));
      }}
    >
      <Group gap="xs" mt={6} align="flex-end">
        <TextInput
          size="sm"
          w={{ base: "100%", xs: 260 }}
          label={t(`leads.rightAddress.${kind}`)}
          inputMode={kind === "email" ? "email" : "tel"}
          maxLength={500}
          value={address}
          error={error}
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            setError(undefined);
          }}
        />
        <Button type="submit" size="sm" loading={correcting.isPending}>
          {suggestion !== null && right === suggestion ? t("leads.correctTo", { inn: suggestion }) : t("leads.correctInn")}
        </Button>
        <Button size="sm" variant="subtle" color="gray" disabled={correcting.isPending} onClick={() => correcting.mutate("")}>
          {t(`leads.withoutAddress.${kind}`)}
        </Button>
      </Group>
    </form>
  );
}

/** Whether it is worth asking the server. */
const looksLike = (kind: "email" | "phone", text: string) => (kind === "email" ? /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(text) : /\d.*\d.*\d/.test(text));
