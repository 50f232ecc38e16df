import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Relatives } from "../../api/card";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

/** What belongs to a client, of one kind: the newest, and the way to all of it. */
export function Related({ of, clientId }: { of: Relatives; clientId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const title = t(`companies.related.${of.kind}`);
  return (
    <Panel title={of.total > 0 ? `${title} · ${format.number(of.total)}` : title}>
      {of.total === 0 ? (
        <Text size="sm" c="dimmed">
          {t(`companies.noRelated.${of.kind}`)}
        </Text>
      ) : (
        <Stack gap="xs">
          {of.items.map((each) => (
            <Group key={each.id} justify="space-between" gap="xs" align="baseline">
              <Anchor component={Link} to={each.link} size="sm" flex="1 1 200px" style={{ overflowWrap: "anywhere" }}>
                {each.title}
              </Anchor>
              <Text size="xs" c="dimmed">
                {[each.detail, format.date(each.at)].filter(Boolean).join(" · ")}
              </Text>
            </Group>
          ))}
          {of.total > of.items.length && (
            <Button size="xs" variant="subtle" w="fit-content" component={Link} to={`/${of.kind}`} search={{ clientId } as never}>
              {t("companies.showAll", { count: of.total })}
            </Button>
          )}
        </Stack>
      )}
    </Panel>
  );
}
