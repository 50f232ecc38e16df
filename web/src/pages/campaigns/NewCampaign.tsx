import { useTranslation } from "react-i18next";
import { useSearch } from "@tanstack/react-router";
import { PageHeader } from "../../ui/PageHeader";
import type { ListSearch } from "../../ui/list-state";
import { emptyDraft } from "./draft";
import { Wizard } from "./Wizard";

export default function NewCampaign() {
  const { t } = useTranslation();
  const { templateId } = useSearch({ strict: false }) as ListSearch;
  return (
    <>
      <PageHeader
        title={t("campaigns.new")}
        description={t("campaigns.newDescription")}
        back={{ to: "/campaigns", label: t("campaigns.title") }}
      />
      <Wizard id={null} initial={{ ...emptyDraft, templateId: templateId ?? null }} firstStep={0} />
    </>
  );
}
