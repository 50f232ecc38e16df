import { useTranslation } from "react-i18next";

/** The grounds of consents that Vestnik notes by itself, in words; what people wrote stays as it is. */
export function useGround(): (text: string) => string {
  const { t } = useTranslation();
  const words: Record<string, string> = {
    merge: t("card.byMerge"),
    erasure: t("card.byErasure"),
    unsubscribe: t("contacts.reason.unsubscribe"),
    spam: t("contacts.reason.spam"),
    hard_bounce: t("contacts.reason.hard_bounce"),
    manual: t("contacts.reason.manual"),
  };
  return (text) => (/^contact:\d+$/.test(text) ? "" : (words[text] ?? text));
}
