import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { templates } from "../../api/templates";
import { Preview } from "../../mail/Preview";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { Exclusions } from "./Exclusions";

/** What is sent, to whom, through what. */
export function Details({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const sender = [campaign.senderName, campaign.senderEmail && `<${campaign.senderEmail}>`].filter(Boolean).join(" ");
  return (
    <Stack>
      <Panel title={t("campaigns.whatAndWhom")}>
        <Field label={t("campaigns.service")}>
          {campaign.account ? (
            <Anchor component={Link} to={`/accounts/${campaign.account.id}`} size="sm">
              {campaign.account.title}
            </Anchor>
          ) : (
            "—"
          )}
        </Field>
        <Field label={t("campaigns.segment")}>{campaign.segment?.name ?? t("campaigns.everybody")}</Field>
        <Field label={t("campaigns.category")}>{campaign.category?.name ?? "—"}</Field>
        {campaign.type === "email" && <Field label={t("campaigns.subject")}>{campaign.subject || "—"}</Field>}
        <Field label={t("campaigns.sender")}>{sender || "—"}</Field>
        <Field label={t("common.created")}>{format.dateTime(campaign.createdAt)}</Field>
        {campaign.launchedAt && <Field label={t("campaigns.launchedAt")}>{format.dateTime(campaign.launchedAt)}</Field>}
        {campaign.externalId && <Field label={t("campaigns.externalId")}>{campaign.externalId}</Field>}
      </Panel>
      {campaign.exclusions.length > 0 && (
        <Panel title={t("campaigns.excluded")}>
          <Exclusions exclusions={campaign.exclusions} />
        </Panel>
      )}
      {campaign.template && (
        <Panel title={t("campaigns.letter")} description={campaign.template.name}>
          <Preview source={templates.html(campaign.template.id)} title={t("campaigns.letter")} height={460} />
        </Panel>
      )}
      {campaign.type === "sms" && (
        <Panel title={t("campaigns.smsText")}>
          <Text style={{ whiteSpace: "pre-wrap" }}>{campaign.text || "—"}</Text>
        </Panel>
      )}
    </Stack>
  );
}
