import { Anchor, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useRight } from "../../api/session";
import type { SystemCard } from "../../api/system";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

/** What fails now and has been told; each has its page. */
export function Alerts({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const setsUp = useRight("settings.manage");
  return (
    <Panel title={t("system.alerts.title")} description={t("system.alerts.hint")}>
      <Stack gap="sm">
        {!card.lettersGo && (
          <Text size="sm">
            {t("system.alerts.noMail")}{" "}
            {setsUp && (
              <Anchor component={Link} to="/settings" size="sm">
                {t("system.alerts.setUpMail")}
              </Anchor>
            )}
          </Text>
        )}
        {card.alerts.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("system.alerts.none")}
          </Text>
        )}
        {card.alerts.map((one) => (
          <Stack key={`${one.kind} ${one.title} ${one.since}`} gap={2}>
            <Group justify="space-between" gap="xs" align="baseline">
              {one.path && one.path !== "/system" ? (
                <Anchor component={Link} to={one.path} size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                  {one.title}
                </Anchor>
              ) : (
                <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                  {one.title}
                </Text>
              )}
              <Text size="xs" c="dimmed" className="numbers">
                {t("system.alerts.since", { at: format.moment(one.since) })}
              </Text>
            </Group>
            {one.reason && (
              <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {one.reason}
              </Text>
            )}
          </Stack>
        ))}
      </Stack>
    </Panel>
  );
}
