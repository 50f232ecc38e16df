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
  return Object.fromEntries(
    Object.keys(emptyDraft).map((field) => [field, card[field as keyof CampaignDraft]]),
  ) as unknown as CampaignDraft;
}
