import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";

/** Where a reason of being left out can be mended; an unsubscribe and a complaint never are. */
export function useMends() {
  const { t } = useTranslation();
  const writes = useRight("contacts.write");
  const mends: Record<string, { to: string; text: string }[]> = {
    duplicate: [{ to: "/contacts/duplicates", text: t("audience.merge") }],
    no_address: [{ to: "/imports", text: t("audience.importMore") }],
  };
  return (reason: string) => (writes ? (mends[reason] ?? []) : []);
}
