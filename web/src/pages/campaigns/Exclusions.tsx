import { Anchor, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Exclusion } from "../../api/campaigns";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { useMends } from "./mends";

interface Props {
  exclusions: Exclusion[];
  /** Whose people are listed; a campaign that was sent knows only how many they were. */
  campaignId?: string;
}

/** Who is left out of the audience, counted by reason; before sending also who they are and what can be done. */
export function Exclusions({ exclusions, campaignId }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const mends = useMends();
  return exclusions.map(({ reason, count }) => (
    <Stack key={reason} gap={0} mb={campaignId ? "xs" : 0}>
      <Field label={t(`campaigns.exclusion.${reason}`, { defaultValue: reason })}>
        <span className="numbers">{format.number(count)}</span>
      </Field>
      {campaignId && (
        <>
          <Text size="xs" c="dimmed" maw={560}>
            {t(`audience.what.${reason}`, { defaultValue: "" })}
          </Text>
          <Group gap="md">
            <Anchor size="xs" component={Link} to={`/campaigns/${campaignId}/audience`} search={{ verdict: reason } as never}>
              {t("audience.show")}
            </Anchor>
            {mends(reason).map(({ to, text }) => (
              <Anchor key={to} size="xs" component={Link} to={to}>
                {text}
              </Anchor>
            ))}
          </Group>
        </>
      )}
    </Stack>
  ));
}
