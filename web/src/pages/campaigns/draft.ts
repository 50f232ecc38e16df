import type { CampaignCard, CampaignDraft } from "../../api/campaigns";

export const emptyDraft: CampaignDraft = {
  name: "",
  type: "email",
  accountId: null,
  segmentId: null,
  categoryId: null,
  templateId: null,
  subject: "",
  previewText: "",
  senderName: "",
  senderEmail: "",
  replyTo: "",
  text: "",
};

/** The part of a campaign that a person may still change. */
export function draftOf(card: CampaignCard): CampaignDraft {
  const { name, type, accountId, segmentId, categoryId, subject, previewText, senderName, senderEmail, replyTo, text } = card;
  const templateId = card.template?.id ?? null;
  return { name, type, accountId, segmentId, categoryId, templateId, subject, previewText, senderName, senderEmail, replyTo, text };
}
