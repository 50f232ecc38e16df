import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { segments, type Segment } from "../../api/segments";
import { mentionsCampaign, useNames } from "./names";
import { ruleInWords } from "./rule-in-words";

/** A segment's rule as a sentence. */
export function Rule({ segment, size = "sm" }: { segment: Segment; size?: "xs" | "sm" }) {
  const { t, i18n } = useTranslation();
  const fields = useQuery(segments.fields).data ?? [];
  const names = useNames(segment.rule !== null && mentionsCampaign(segment.rule));
  const words =
    segment.rule === null
      ? t("segments.static")
      : ruleInWords(segment.rule, fields, names, i18n.t.bind(i18n));
  return (
    <Text size={size} c="dimmed" component="span">
      {words}
    </Text>
  );
}
