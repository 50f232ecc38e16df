import { Anchor, Text, Timeline as List } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCheck,
  IconClick,
  IconEye,
  IconHistory,
  IconMail,
  IconMailOff,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

const ICONS: Record<string, Icon> = {
  sent: IconMail,
  delivered: IconCheck,
  opened: IconEye,
  clicked: IconClick,
  unsubscribed: IconMailOff,
  spam: IconAlertTriangle,
  softBounce: IconAlertTriangle,
  hardBounce: IconAlertTriangle,
};

/** What happened to a contact, newest first. */
export function Timeline({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, isPending } = useQuery(contacts.timeline(contactId));
  return (
    <Panel title={t("contacts.activity")}>
      {error && <ProblemPanel problem={error} />}
      {isPending && <RowsLoading rows={3} />}
      {data?.length === 0 && <EmptyState compact icon={IconHistory} title={t("contacts.noActivity")} text={t("contacts.noActivityHint")} />}
      {data && data.length > 0 && (
        <List bulletSize={24} lineWidth={2}>
          {data.map((entry) => {
            const Picture = ICONS[entry.kind] ?? IconHistory;
            return (
              <List.Item key={`${entry.at}${entry.kind}${entry.title}`} bullet={<Picture size={13} aria-hidden />}>
                <Text size="sm">
                  {entry.link?.startsWith("/") ? (
                    <Anchor component={Link} to={entry.link} size="sm">
                      {entry.title}
                    </Anchor>
                  ) : (
                    entry.title
                  )}
                </Text>
                <Text size="xs" c="dimmed">
                  {format.dateTime(entry.at)}
                </Text>
              </List.Item>
            );
          })}
        </List>
      )}
    </Panel>
  );
}
