import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type CheckResult } from "../../api/modules";

const CHECK_AFTER_MS = 400;

export interface Draft {
  source: string;
  setSource: (source: string) => void;
  changed: boolean;
  check: CheckResult | undefined;
  checking: boolean;
}

/** The text in the editor: checked by the server after each pause, and guarded against leaving it unsaved. */
export function useDraft(moduleId: string, saved: string): Draft {
  const { t } = useTranslation();
  const [source, setSource] = useState(saved);
  const [base, setBase] = useState(saved);
  if (base !== saved) {
    setBase(saved);
    // A version that came from elsewhere replaces a text that nobody has changed.
    if (source === base) setSource(saved);
  }
  const [settled] = useDebouncedValue(source, CHECK_AFTER_MS);
  const changed = source !== saved;
  const { data, isFetching } = useQuery({
    queryKey: ["modules", moduleId, "check", settled],
    queryFn: () => modules.check(moduleId, settled),
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
