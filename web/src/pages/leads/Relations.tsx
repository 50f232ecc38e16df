import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { LeadCard, LeadMatch } from "../../api/leads";
import { useRight } from "../../api/session";
import { Field } from "../../ui/Field";
import { Panel } from "../../ui/Panel";
import { CardLink } from "./CardLink";

const PLACES = { client: "/companies", contact: "/contacts", lead: "/leads" };

/** Who works on the lead and why, what it became, and whom else it may be of. */
export function Relations({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const seesContacts = useRight("contacts.read");
  const seesSales = useRight("sales.read");
  const seesCalendar = useRight("calendars.read");
  const rule = lead.history.find(({ kind }) => kind === "created")?.detail.rule;
  return (
    <Panel title={t("leads.relations")}>
      <Field label={t("leads.responsible")}>
        {lead.responsible?.name ?? t("leads.nobody")}
        <Text size="xs" c="dimmed">
          {t(`leads.why.${lead.assignedBy}`, { rule: typeof rule === "string" ? rule : "" })}
        </Text>
      </Field>
      <Field label={t("leads.client")}>
        {lead.client ? <CardLink to={`/companies/${lead.client.id}`} may={seesContacts}>{lead.client.name}</CardLink> : t("leads.noClient")}
      </Field>
      <Field label={t("leads.contact")}>
        {lead.contact ? <CardLink to={`/contacts/${lead.contact.id}`} may={seesContacts}>{lead.contact.name}</CardLink> : t("leads.noOne")}
      </Field>
      {lead.dealId && seesSales && (
        <Field label={t("leads.deal")}>
          <CardLink to={`/deals/${lead.dealId}`}>{t("leads.openDeal")}</CardLink>
        </Field>
      )}
      {lead.orderId && seesSales && (
        <Field label={t("leads.order")}>
          <CardLink to={`/orders/${lead.orderId}`}>{t("leads.openOrder")}</CardLink>
        </Field>
      )}
      {lead.eventId && seesCalendar && (
        <Field label={t("leads.calendar")}>
          <CardLink to="/calendar" search={{ event: lead.eventId }}>{t("leads.openEvent")}</CardLink>
        </Field>
      )}
      {lead.duplicateOf && (
        <Field label={t("leads.maybeDuplicate")}>
          <CardLink to={`/leads/${lead.duplicateOf}`}>{t("leads.one", { number: lead.duplicateNumber })}</CardLink>
        </Field>
      )}
      {lead.matches.length > 0 && (
        <>
          <Text size="sm" fw={550} mt="sm" mb={4}>
            {t("leads.matches")}
          </Text>
          <List size="sm" spacing={4}>
            {lead.matches.map((match) => (
              <List.Item key={JSON.stringify([match.kind, match.id, match.signal])}>
                <Match match={match} may={match.kind === "lead" || seesContacts} />
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Panel>
  );
}

function Match({ match, may }: { match: LeadMatch; may: boolean }) {
  return (
    <CardLink to={`${PLACES[match.kind]}/${match.id}`} may={may}>
      {match.text}
    </CardLink>
  );
}
