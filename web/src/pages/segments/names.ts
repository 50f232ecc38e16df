import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { campaigns } from "../../api/campaigns";
import { contactList } from "../../api/contact-list";
import { contacts } from "../../api/contacts";
import { segments, type RuleGroup } from "../../api/segments";
import type { Names } from "./rule-in-words";

/** The newest; a rule that names an older campaign shows its number. */
const CAMPAIGNS = { offset: 0, limit: 200 };

/** Names of the categories, segments, owners and campaigns that rules mention by key; campaigns only where one may be. */
export function useNames(withCampaigns: boolean): Names {
  const categories = useQuery(contacts.categories).data;
  const known = useQuery(segments.list).data;
  const owners = useQuery(contactList.owners).data;
  const sent = useQuery({ ...campaigns.list(CAMPAIGNS), enabled: withCampaigns }).data;
  return useMemo(
    () =>
      new Map([
        ...(categories ?? []).map((one) => [`category:${one.id}`, one.title] as const),
        ...(owners ?? []).map((one) => [`owner:${one.id}`, one.name] as const),
        ...(known?.items ?? []).map((one) => [`segment:${one.id}`, one.name] as const),
        ...(sent?.items ?? []).map((one) => [`campaign:${one.id}`, one.name] as const),
      ]),
    [categories, known, owners, sent],
  );
}

export function mentionsCampaign(rule: RuleGroup): boolean {
  return rule.rules.some((part) => ("rules" in part ? mentionsCampaign(part) : part.operator === "ofCampaign"));
}
