import { Anchor, Badge, Group, Paper, Stack, Text, type MantineColor } from "@mantine/core";
import { IconListCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { WebhookAction, WebhookCard, WebhookEffect } from "../../api/webhooks";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { Panel } from "../../ui/Panel";

const COLOURS: Record<WebhookEffect["outcome"], MantineColor> = {
  applied: "teal",
  duplicate: "gray",
  waiting: "yellow",
  unsupported: "orange",
  unreadable: "red",
};

/** What the module made of the request, and what became of each action. */
export function ActionList({ webhook }: { webhook: WebhookCard }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("webhooks.parsed")} description={t("webhooks.parsedHint")}>
      {webhook.actions.length === 0 ? (
        <EmptyState compact icon={IconListCheck} title={t("webhooks.noActions")} text={t(`webhooks.noActionsHint.${webhook.state}`)} />
      ) : (
        <Stack gap="sm">
          {webhook.actions.map((action, index) => (
            // Actions of one request have no name but their order.
            // oxlint-disable-next-line react/no-array-index-key
            <Action key={index} action={action} effect={webhook.effects[index]} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function Action({ action, effect }: { action: WebhookAction; effect: WebhookEffect | undefined }) {
  const { t } = useTranslation();
  return (
    <Paper p="sm" bg="var(--vestnik-canvas)">
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb={6}>
        <Group gap="0 8px" miw={0}>
          <Text fw={600} size="sm">
            {t(`webhooks.type.${action.type}`, { defaultValue: action.type })}
          </Text>
          {[action.email, action.phone].filter((each) => typeof each === "string").map((address) => (
            <Text key={address} size="sm" c="dimmed" miw={0} style={{ overflowWrap: "break-word" }}>
              <Contactable text={address} />
            </Text>
          ))}
        </Group>
        {effect && <Badge color={COLOURS[effect.outcome]}>{t(`webhooks.outcome.${effect.outcome}`)}</Badge>}
      </Group>
      {effect && (
        <Text size="sm" mb={6}>
          {t(`webhooks.outcomeHint.${effect.outcome}`)}{" "}
          {effect.campaignId && (
            <Anchor component={Link} to={`/campaigns/${effect.campaignId}`} size="sm" underline="always">
              {t("webhooks.toCampaign")}
            </Anchor>
          )}
          {effect.note && (
            <Text span c="dimmed" size="sm">
              {" "}
              {t(`webhooks.note.${effect.note}`, { defaultValue: effect.note })}
            </Text>
          )}
        </Text>
      )}
      <CodeBlock label={action.type} text={pretty(action)} height={220} />
    </Paper>
  );
}
