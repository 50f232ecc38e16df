import { Alert, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ContactRow } from "../../api/contacts";
import { segments, type ExplainedCondition, type ExplainedGroup, type RuleGroup } from "../../api/segments";
import { ProblemPanel } from "../../ui/ProblemPanel";
import classes from "./Builder.module.css";
import { ContactChoice } from "./ContactChoice";
import { mentionsCampaign, useNames } from "./names";
import { Has } from "./Has";
import { complete } from "./rule";
import { conditionInWords, type Names } from "./rule-in-words";

/** Why a contact is picked by the rule or is not: a verdict at every condition. */
export function Why({ rule }: { rule: RuleGroup }) {
  const { t } = useTranslation();
  const [person, setPerson] = useState<ContactRow | null>(null);
  const asked = person !== null && complete(rule);
  const { data, error } = useQuery({ ...segments.why(rule, person?.id ?? ""), enabled: asked });
  const names = useNames(mentionsCampaign(rule));
  return (
    <Stack gap="sm">
      <ContactChoice
        aria-label={t("segments.whyPerson")}
        placeholder={t("segments.whyFind")}
        nothingFoundMessage={t("common.nothingFound")}
        chosen={person}
        onChoose={setPerson}
      />
      {asked && error && <ProblemPanel problem={error} />}
      {asked && data && (
        <Stack gap="sm" aria-live="polite">
          <Alert color={data.holds ? "teal" : "orange"} p="xs" icon={<Mark holds={data.holds} />}>
            {t(data.holds ? "segments.whyIn" : "segments.whyOut", { name: person.name })}
          </Alert>
          {data.mergedInto && <Text size="sm">{t("segments.whyMerged")}</Text>}
          {data.rule && <Verdicts group={data.rule} names={names} />}
        </Stack>
      )}
    </Stack>
  );
}

function Verdicts({ group, names }: { group: ExplainedGroup; names: Names }) {
  return (
    <ul className={classes.verdicts}>
      {group.rules.map((part, index) => (
        // Conditions have no name but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Line key={index} part={part} names={names} />
      ))}
    </ul>
  );
}

function Line({ part, names }: { part: ExplainedGroup | ExplainedCondition; names: Names }) {
  const { t, i18n } = useTranslation();
  const fields = useQuery(segments.fields).data ?? [];
  const group = "rules" in part ? part : null;
  const words = group ? [t(group.combinator === "and" ? "segments.all" : "segments.any"), group.not && t("segments.notGroup")].filter(Boolean).join(" · ") : "";
  return (
    <li>
      <Group gap={6} wrap="nowrap" align="flex-start" py={3}>
        <Mark holds={part.holds} label={t(part.holds ? "segments.holds" : "segments.fails")} />
        {"rules" in part ? (
          <Text size="sm" c="dimmed">
            {words}
          </Text>
        ) : (
          <Stack gap={0} miw={0}>
            <Text size="sm">{conditionInWords(part, fields, names, i18n.t.bind(i18n))}</Text>
            {part.actual && (
              <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                <Has actual={part.actual} />
              </Text>
            )}
          </Stack>
        )}
      </Group>
      {group && <Verdicts group={group} names={names} />}
    </li>
  );
}

function Mark({ holds, label }: { holds: boolean; label?: string }) {
  const Picture = holds ? IconCheck : IconX;
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return <Picture size={16} color={`var(--mantine-color-${holds ? "teal" : "red"}-text)`} style={{ flex: "none", marginTop: 2 }} {...named} />;
}
