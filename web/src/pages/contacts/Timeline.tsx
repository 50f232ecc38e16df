import { Anchor, Button, Center, Text, Timeline as List } from "@mantine/core";
import {
  IconAlertTriangle,
  IconArrowsJoin,
  IconBan,
  IconCheck,
  IconClick,
  IconClipboardList,
  IconEye,
  IconFileImport,
  IconHistory,
  IconInbox,
  IconMail,
  IconMailOff,
  IconPencil,
  IconShoppingCart,
  IconTargetArrow,
  IconThumbUp,
  IconUserPlus,
  type Icon,
} from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { useGround } from "./ground";

const ICONS: Record<string, Icon> = {
  sent: IconMail,
  delivered: IconCheck,
  opened: IconEye,
  clicked: IconClick,
  unsubscribed: IconMailOff,
  spam: IconAlertTriangle,
  softBounce: IconAlertTriangle,
  hardBounce: IconAlertTriangle,
  consent_given: IconThumbUp,
  consent_withdrawn: IconMailOff,
  stop_manual: IconMailOff,
  stop_unsubscribe: IconMailOff,
  stop_spam: IconAlertTriangle,
  stop_hard_bounce: IconAlertTriangle,
  merged: IconArrowsJoin,
  import: IconFileImport,
  lead_created: IconInbox,
  lead_processed: IconCheck,
  lead_closed: IconBan,
  deal_created: IconTargetArrow,
  order_created: IconShoppingCart,
  job_ticket_created: IconClipboardList,
  contact_created: IconUserPlus,
  contact_changed: IconPencil,
};

/** What happened to a contact, newest first. */
export function Timeline({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ground = useGround();
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(card.timeline(contactId));
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title={t("contacts.activity")}>
      {error && <ProblemPanel problem={error} />}
      {isPending && <RowsLoading rows={3} />}
      {data && entries.length === 0 && (
        <EmptyState compact icon={IconHistory} title={t("contacts.noActivity")} text={t("contacts.noActivityHint")} />
      )}
      {entries.length > 0 && (
        <List bulletSize={24} lineWidth={2}>
          {entries.map((entry, place) => {
            const Picture = ICONS[entry.kind] ?? IconHistory;
            return (
              // Entries are only ever added at the end, and several may be alike to the instant.
              <List.Item key={place} bullet={<Picture size={13} aria-hidden />}>
                <Text size="sm">
                  {entry.link?.startsWith("/") ? (
                    <Anchor component={Link} to={entry.link} size="sm">
                      {entry.title}
                    </Anchor>
                  ) : (
                    entry.title
                  )}
                </Text>
                {entry.detail && (
                  <Text size="xs" style={{ overflowWrap: "anywhere" }}>
                    {entry.detail.split(" · ").map(ground).filter(Boolean).join(" · ")}
                  </Text>
                )}
                <Text size="xs" c="dimmed">
                  {format.dateTime(entry.at)}
                </Text>
              </List.Item>
            );
          })}
        </List>
      )}
      {hasNextPage && (
        <Center mt="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("card.moreHistory")}
          </Button>
        </Center>
      )}
    </Panel>
  );
}
