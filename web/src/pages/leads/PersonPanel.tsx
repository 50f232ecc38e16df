import { Button } from "@mantine/core";
import { IconUserQuestion } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { LeadCard } from "../../api/leads";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";
import { ContactPanel } from "../contacts/panel/ContactPanel";
import { useMayConvert } from "./use-may-convert";

/** What services know of the lead's contact; without one, how there will be one. */
export function PersonPanel({ lead, convert }: { lead: LeadCard; convert: () => void }) {
  const { t } = useTranslation();
  const may = useMayConvert(lead);
  if (lead.contact) return <ContactPanel key={lead.contact.id} contactId={lead.contact.id} />;
  return (
    <Panel title={t("panel.title")}>
      <EmptyState
        compact
        icon={IconUserQuestion}
        title={t("leads.noContact")}
        text={t(lead.email ? "leads.noContactHint" : "leads.noEmailHint")}
        actions={
          may && (
            <Button size="xs" variant="default" onClick={convert}>
              {t("leads.convert")}
            </Button>
          )
        }
      />
    </Panel>
  );
}
