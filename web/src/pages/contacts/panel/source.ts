import { queryOptions } from "@tanstack/react-query";
import { createContext, useContext, type ComponentType, type ReactNode } from "react";
import type { PanelBlock, PanelCard, PanelChanges, PanelChoices, PanelSaved } from "../../../api/panel";

/** Where a panel gets what it shows: the API for who is signed in, or a signed link's token. */
export interface PanelSource {
  /** What the answers are kept under; a saved change makes all of it stale. */
  root: readonly string[];
  card: () => Promise<PanelCard>;
  block: (accountId: string, email: string, fresh: boolean) => Promise<PanelBlock>;
  choices: (accountId: string, email: string) => Promise<PanelChoices>;
  save: (accountId: string, changes: PanelChanges) => Promise<PanelSaved>;
  /** All categories to record consent in, where the reader may see them; else those of the lists. */
  categories?: () => Promise<{ id: string; title: string }[]>;
  /** A campaign's name as a link to it. */
  Campaign?: ComponentType<{ id: string; name: string }>;
  /** The way to an account's settings, for those who may change them. */
  Mend?: ComponentType<{ accountId: string }>;
  /** Where a sending service is connected, for those who may. */
  connect?: ReactNode;
}

export const SourceOfPanel = createContext<PanelSource | null>(null);

export function usePanelSource(): PanelSource {
  const source = useContext(SourceOfPanel);
  if (!source) throw new Error("a panel needs a source");
  return source;
}

const key = (source: PanelSource, ...rest: string[]) => [...source.root, "panel", ...rest];

/** The panel's questions, by the source that answers them. */
export const panelQueries = {
  card: (source: PanelSource) => queryOptions({ queryKey: key(source), queryFn: source.card }),
  block: (source: PanelSource, accountId: string, email: string) =>
    queryOptions({
      queryKey: key(source, accountId, email),
      queryFn: () => source.block(accountId, email, false),
      // The server has waited for the service already, and says what came of it.
      retry: false,
      staleTime: 60_000,
    }),
  choices: (source: PanelSource, accountId: string, email: string) =>
    queryOptions({
      queryKey: key(source, accountId, email, "lists"),
      queryFn: () => source.choices(accountId, email),
      retry: false,
      staleTime: 0,
      // What is being chosen is not pulled from under the reader.
      refetchOnWindowFocus: false,
    }),
};
