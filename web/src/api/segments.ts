import { queryOptions } from "@tanstack/react-query";
import type { PageOf } from "../ui/DataList";
import { api } from "./client";

export interface Segment {
  id: string;
  title: string;
  description: string;
  rule: unknown;
  count: number | null;
  countedAt: string | null;
}

export const segments = {
  list: queryOptions({ queryKey: ["segments"], queryFn: () => api.get<PageOf<Segment>>("/segments", { limit: 200 }) }),
  count: (id: string) =>
    queryOptions({ queryKey: ["segments", id, "count"], queryFn: () => api.get<{ count: number }>(`/segments/${id}/count`) }),
};
