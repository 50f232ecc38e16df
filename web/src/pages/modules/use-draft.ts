import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type CheckResult, type ModuleCard } from "../../api/modules";

const CHECK_AFTER_MS = 400;

interface Draft {
  source: string;
  setSource: (source: string) => void;
  changed: boolean;
  check: CheckResult | undefined;
  checking: boolean;
}

/** The text in the editor: checked by the server after each pause, and guarded against leaving it unsaved. */
export function useDraft(card: ModuleCard): Draft {
  const { t } = useTranslation();
  const [source, setSource] = useState(card.live.source);
  const [settled] = useDebouncedValue(source, CHECK_AFTER_MS);
  const changed = source !== card.live.source;
  const { data, isFetching } = useQuery({
    queryKey: ["modules", card.id, "check", settled],
    queryFn: () => modules.check(card.id, settled),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  useBlocker({
    shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname && !window.confirm(t("studio.leave")),
    enableBeforeUnload: () => changed,
  });
  return { source, setSource, changed, check: data, checking: isFetching || settled !== source };
}
