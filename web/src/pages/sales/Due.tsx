import { Badge, Group } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Ticket } from "../../api/sales";
import { NOTHING, useFormat } from "../../ui/format";

/** When a job ticket is due, and that it is late. */
export function Due({ of }: { of: Pick<Ticket, "dueOn" | "overdue"> }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!of.dueOn) return NOTHING;
  return (
    <Group gap={6} component="span" display="inline-flex">
      <span className="numbers" style={{ whiteSpace: "nowrap" }}>{format.day(of.dueOn)}</span>
      {of.overdue && (
        <Badge component="span" color="red" size="sm" leftSection={<IconAlertTriangle size={11} aria-hidden />}>
          {t("sales.overdue")}
        </Badge>
      )}
    </Group>
  );
}
