import { Badge, Checkbox, Group, Stack, Text, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle, IconCopy } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Lead } from "../../api/leads";
import { Contactable } from "../../ui/Contactable";
import { useFormat } from "../../ui/format";
import type { Column } from "../../ui/Rows";
import { Clock } from "./Clock";
import { LeadStatusBadge } from "./LeadStatusBadge";
import { nameOf } from "./names";

interface Choosing {
  has: (id: string) => boolean;
  toggle: (id: string) => void;
}

interface Parts {
  choose: Choosing | undefined;
  acts: ((lead: Lead) => ReactNode) | undefined;
}

export function useColumns({ choose, acts }: Parts): Column<Lead>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const columns: Column<Lead>[] = [
    { key: "lead", title: t("leads.lead"), width: 250, render: (lead) => <Name lead={lead} choose={choose} /> },
    { key: "status", title: t("common.state"), render: (lead) => <LeadStatusBadge lead={lead} /> },
    { key: "reaction", title: t("leads.reaction"), width: 160, render: (lead) => <Clock lead={lead} /> },
    { key: "responsible", title: t("leads.responsible"), hide: "phone", render: (lead) => <Responsible lead={lead} /> },
    { key: "channel", title: t("leads.channel"), hide: "phone", render: (lead) => lead.channel?.name ?? t(`leads.door.${lead.door}`) },
    {
      key: "created",
      title: t("leads.arrived"),
      hide: "tablet",
      width: 118,
      render: (lead) => format.moment(lead.createdAt),
    },
  ];
  if (acts) columns.push({ key: "acts", title: t("common.actions"), align: "end", render: acts });
  return columns;
}

function Name({ lead, choose }: { lead: Lead; choose: Choosing | undefined }) {
  const { t } = useTranslation();
  const name = nameOf(lead);
  const who = [lead.person, lead.company].filter((text) => text && text !== name).join(", ");
  const reached = [lead.email, lead.phone].find((text) => text && text !== name);
  return (
    <Group gap="sm" wrap="nowrap" align="flex-start">
      {choose && (
        <Checkbox mt={2} aria-label={t("leads.choose", { number: lead.number })} checked={choose.has(lead.id)} onChange={() => choose.toggle(lead.id)} />
      )}
      <Stack gap={2} miw={{ base: 0, sm: 190 }}>
        <Group gap={6}>
          <Link to="/leads/$id" params={{ id: lead.id }} className="row-link" style={{ overflowWrap: "anywhere" }}>
            <span className="numbers">№ {lead.number}</span>
            {name && ` ${name}`}
          </Link>
          {lead.unread && (
            <Badge size="sm" color="blue">
              {t("leads.unread")}
            </Badge>
          )}
          {lead.warnings > 0 && (
            <Badge size="sm" color="yellow" leftSection={<IconAlertTriangle size={12} aria-hidden />} title={t("leads.warningsOf", { count: lead.warnings })}>
              <VisuallyHidden>{t("leads.warningsOf", { count: lead.warnings })}</VisuallyHidden>
              <span aria-hidden>{lead.warnings}</span>
            </Badge>
          )}
          {lead.duplicateOf && (
            <Badge size="sm" color="grape" leftSection={<IconCopy size={12} aria-hidden />}>
              {t("leads.maybeDuplicate")}
            </Badge>
          )}
        </Group>
        {(who || reached) && (
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {who}
            {who && reached && " · "}
            {reached && <Contactable text={reached} />}
          </Text>
        )}
      </Stack>
    </Group>
  );
}

function Responsible({ lead }: { lead: Lead }) {
  const { t } = useTranslation();
  if (!lead.responsible) return t("leads.nobody");
  return (
    <Stack gap={0}>
      <span>{lead.responsible.name}</span>
      {lead.assignedBy === "coordinator" && (
        <Text size="xs" c="dimmed">
          {t("leads.coordinator")}
        </Text>
      )}
    </Stack>
  );
}
