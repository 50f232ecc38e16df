import { Anchor, Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { leads, type LeadCard } from "../../api/leads";
import { useRight } from "../../api/session";
import { Contactable } from "../../ui/Contactable";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { CardLink } from "./CardLink";
import { EditLead } from "./EditLead";

const TEXTS = ["title", "person", "company", "inn", "city", "country", "ip"] as const;
const MARKS = ["source", "medium", "campaign", "term", "content", "referrer"] as const;

/** What was read of the letter or request; what a person corrected since says so. */
export function Fields({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const writes = useRight("leads.write");
  const [editing, dialog] = useDisclosure();
  const edited = (name: string) =>
    lead.edited.includes(name) && (
      <Text size="xs" c="dimmed" component="span">
        {` (${t("leads.edited")})`}
      </Text>
    );
  const unreadable = (name: string) => lead.remarks.some(({ code }) => code === `${name}_unreadable`);
  return (
    <Panel
      title={t("leads.fields")}
      actions={
        writes && (
          <Button size="xs" variant="default" leftSection={<IconPencil size={14} />} onClick={dialog.open}>
            {t("leads.edit")}
          </Button>
        )
      }
    >
      {lead.description && (
        <Text size="sm" mb="sm" style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
          {lead.description}
          {edited("description")}
        </Text>
      )}
      {lead.email && (
        <Field label={t("leads.field.email")}>
          <Reach kind="email" href={`mailto:${encodeURIComponent(lead.email)}`} broken={unreadable("email")}>
            <Contactable text={lead.email} />
          </Reach>
          {edited("email")}
        </Field>
      )}
      {lead.phone && (
        <Field label={t("leads.field.phone")}>
          <Reach kind="phone" href={`tel:${lead.phone.replaceAll(/[^\d+]/g, "")}`} broken={unreadable("phone")}>
            {lead.phone}
          </Reach>
          {edited("phone")}
        </Field>
      )}
      {TEXTS.filter((name) => lead[name]).map((name) => (
        <Field key={name} label={t(`leads.field.${name}`)}>
          {lead[name]}
          {edited(name)}
        </Field>
      ))}
      {lead.datedAt && <Field label={t("leads.dated")}>{format.dateTime(lead.datedAt)}</Field>}
      <Channel lead={lead} />
      {(lead.partner || lead.partnerText) && <Field label={t("leads.partner")}>{lead.partner?.name ?? lead.partnerText}</Field>}
      {lead.site && <Field label={t("leads.field.site")}>{lead.site}</Field>}
      {MARKS.filter((name) => lead.utm[name]).map((name) => (
        <Field key={name} label={name === "referrer" ? t("leads.referrer") : `utm_${name}`}>
          {lead.utm[name]}
        </Field>
      ))}
      <Layouts of={lead.layouts} />
      {Object.entries(lead.extra).map(([name, value]) => (
        <Field key={name} label={name}>
          {typeof value === "string" ? value : JSON.stringify(value)}
        </Field>
      ))}
      {editing && <EditLead lead={lead} onClose={dialog.close} />}
    </Panel>
  );
}

/** A way to reach somebody; what is no address or phone stays as it was written, and leads nowhere. */
function Reach({ kind, href, broken, children }: { kind: "email" | "phone"; href: string; broken: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  if (broken)
    return (
      <>
        {children}{" "}
        <Badge color="yellow">{t(`leads.notAn.${kind}`)}</Badge>
      </>
    );
  return (
    <Anchor href={href} size="sm">
      {children}
    </Anchor>
  );
}

/** The source; one that nobody has looked at is "not checked". */
function Channel({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const manages = useRight("intake.manage");
  const known = useQuery(leads.channels).data;
  if (!lead.channel) return <Field label={t("leads.channel")}>{t("leads.noChannel")}</Field>;
  const unchecked = known?.find(({ id }) => id === lead.channel?.id)?.checked === false;
  return (
    <Field label={t("leads.channel")}>
      <Group gap={6} justify="flex-end">
        {lead.channel.name}
        {unchecked && <Badge color="yellow">{t("leads.notChecked")}</Badge>}
        {unchecked && manages && <CardLink to="/settings/intake">{t("leads.checkChannel")}</CardLink>}
      </Group>
    </Field>
  );
}

/** Files that the sender names by address; only web addresses are links. */
export function Layouts({ of }: { of: string[] }): ReactNode {
  const { t } = useTranslation();
  if (of.length === 0) return null;
  return (
    <Field label={t("leads.layouts")}>
      <Stack gap={2} align="flex-end">
        {of.map((one) =>
          /^https?:\/\//i.test(one) ? (
            <Anchor key={one} href={one} target="_blank" rel="noopener noreferrer" size="sm" style={{ overflowWrap: "anywhere" }}>
              {one}
            </Anchor>
          ) : (
            <span key={one}>{one}</span>
          ),
        )}
      </Stack>
    </Field>
  );
}
