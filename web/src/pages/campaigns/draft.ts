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

/** Whether nothing is left to fill in: such a draft goes on with its check. */
export function isFilledIn(card: CampaignCard): boolean {
  const { name, type, accountId, templateId, subject, senderName, senderEmail, text } = draftOf(card);
  const letter = type === "email" ? [templateId, subject, senderName, senderEmail] : [text];
  return [name, accountId, ...letter].every(Boolean);
}
