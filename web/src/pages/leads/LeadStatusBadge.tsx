import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Lead } from "../../api/leads";
import { StatusBadge } from "../../ui/StatusBadge";

/** A lead's status, and what came of it. */
export function LeadStatusBadge({ lead }: { lead: Pick<Lead, "status" | "result"> }) {
  const { t } = useTranslation();
  return (
    <Group gap={6}>
      <StatusBadge kind="lead" state={lead.status} />
      {lead.result && (
        <Text size="sm" component="span">
          {t(`leads.result.${lead.result}`)}
        </Text>
      )}
    </Group>
  );
}
