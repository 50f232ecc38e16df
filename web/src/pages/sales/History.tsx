import { Button, Group, Text, Timeline } from "@mantine/core";
import { IconCheck, IconCircleX, IconPencil, IconPlus, IconArrowRight, type Icon } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { historyOf, type Happened, type HistoryRoom } from "../../api/sales";
import { useActor, useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

const FIRST = 10;
const MOST = 500;

const ICONS: Record<string, Icon> = {
  created: IconPlus,
  moved: IconArrowRight,
  new: IconArrowRight,
  in_work: IconArrowRight,
  done: IconCheck,
  won: IconCheck,
  lost: IconCircleX,
  cancelled: IconCircleX,
};

/** Who changed what, and when: the newest first. */
export function History({ room, id }: { room: HistoryRoom; id: string }) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(FIRST);
  const { data, error, refetch, isFetching } = useQuery({ ...historyOf(room, id, limit), placeholderData: keepPreviousData });
  return (
    <Panel title={t("sales.history")}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data && (
        <>
          <Timeline bulletSize={24} lineWidth={2} active={-1}>
            {data.items.map((happened) => (
              <One key={happened.id} happened={happened} />
            ))}
          </Timeline>
          {data.total > data.items.length && data.items.length < MOST && (
            <Group mt="sm">
              <Button size="xs" variant="default" loading={isFetching} onClick={() => setLimit(MOST)}>
                {t("sales.wholeHistory", { count: data.total })}
              </Button>
            </Group>
          )}
        </>
      )}
    </Panel>
  );
}

function One({ happened: { action, fields, at, user, byKey } }: { happened: Happened }) {
  const { t } = useTranslation();
  const format = useFormat();
  const actor = useActor();
  const Picture = ICONS[action.split(".")[1] ?? ""] ?? IconPencil;
  const moved = ["state", "stage_id"];
  // What the sentence says already needs no second word.
  const named = action.endsWith(".created") ? [] : fields.filter((field) => !moved.includes(field) || action.endsWith(".changed"));
  const who = byKey ? t("audit.key") : user === null ? t("shell.name") : actor(user);
  return (
    <Timeline.Item bullet={<Picture size={13} aria-hidden />}>
      <Text size="sm">{t(`audit.actionOf.${action.replace(".", "_")}`, { defaultValue: action })}</Text>
      {named.length > 0 && (
        <Text size="xs" style={{ overflowWrap: "anywhere" }}>
          {named.map((field) => t(`sales.fieldOf.${field}`, { defaultValue: field })).join(", ")}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {format.exact(at)} · {who}
      </Text>
    </Timeline.Item>
  );
}
