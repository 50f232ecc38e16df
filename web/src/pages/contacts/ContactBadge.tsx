import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ContactRow } from "../../api/contacts";

/** Whether anything may be sent to a person at all. */
export function ContactBadge({ row }: { row: Pick<ContactRow, "blocked" | "unsubscribed" | "emails" | "phones"> }) {
  const { t } = useTranslation();
  if (row.blocked) return <Badge color="red">{t("contacts.blocked")}</Badge>;
  if (row.unsubscribed) return <Badge color="orange">{t("contacts.unsubscribed")}</Badge>;
  const primary = [...row.emails, ...row.phones].filter((each) => each.primary);
  if (primary.some((each) => each.stops.some((stop) => stop.categoryId === null))) {
    return <Badge color="gray">{t("contactList.stateOf.stopped")}</Badge>;
  }
  return <Badge color="teal">{t("contacts.reachable")}</Badge>;
}
