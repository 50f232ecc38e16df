import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";

export interface Demo {
  simulatorUrl: string;
  draftCampaignId: string | null;
  runningCampaignId: string | null;
  moduleId: string | null;
  contactId: string | null;
}

export const demo = {
  query: queryOptions({ queryKey: ["demo"], queryFn: () => api.get<Demo>("/demo") }),
  remove: () => api.delete("/demo"),
  kill: () => api.post<void>("/demo/kill"),
};
