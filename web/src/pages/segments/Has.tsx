import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Actual } from "../../api/segments";
import { useFormat } from "../../ui/format";

/** What a contact has where a condition compares, in words. */
export function Has({ actual }: { actual: Actual }) {
  const { t } = useTranslation();
  const format = useFormat();
  switch (actual.kind) {
    case "nothing":
      return <>{t("segments.has.nothing")}</>;
    case "texts":
      return <>{t("segments.has.value", { value: actual.texts.join(", ") })}</>;
    case "number":
      return <>{t("segments.has.value", { value: format.number(actual.number) })}</>;
    case "flag":
      return <>{t("segments.has.value", { value: t(actual.flag ? "common.yes" : "common.no") })}</>;
    case "day":
      return <>{t("segments.has.value", { value: format.date(`${actual.day}T12:00:00Z`) })}</>;
    case "instant":
      return <>{t("segments.has.value", { value: format.dateTime(actual.at) })}</>;
    case "consent":
      return <>{t(`segments.has.consent.${actual.state}`, { date: actual.at ? format.date(actual.at) : "" })}</>;
    case "stops":
      return <>{t("segments.has.value", { value: actual.reasons.map((reason) => t(`segments.has.stop.${reason}`)).join(", ") })}</>;
    case "letter":
      return (
        <>
          {t(`segments.has.letter.${actual.did === "received" && !actual.opened ? "unopened" : actual.did}`, { date: format.date(actual.at) })}{" "}
          <Anchor inherit renderRoot={(props) => <Link to="/campaigns/$id" params={{ id: actual.campaignId }} {...props} />}>
            {t("segments.has.letterName", { name: actual.campaign })}
          </Anchor>
        </>
      );
  }
}
