import { Divider, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SystemCard } from "../../api/system";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { Line, Lines } from "./Line";

/** What waits, and who works on it. */
export function Queues({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { busy = 0, warm = 0, blank = 0 } = card.workers;
  return (
    <Panel title={t("system.queues.title")} description={t("system.queues.hint")}>
      <Lines>
        {card.queues.map((one) => (
          <Line
            key={one.name}
            state={one.late ? "wrong" : "well"}
            word={t(one.late ? "system.queues.late" : "system.queues.inTime")}
            name={t(`system.queues.names.${one.name}`)}
            value={t("system.queues.waiting", { count: one.waiting })}
            hint={one.late ? t(`system.queues.advice.${one.name}`, { since: format.ago(one.since) }) : undefined}
          />
        ))}
      </Lines>
      <Divider my="sm" />
      <Text size="sm">{t("system.queues.workers", { busy, idle: warm + blank })}</Text>
      <Text size="sm" c="dimmed" className="numbers">
        {card.receivedAt ? t("system.queues.received", { at: format.ago(card.receivedAt) }) : t("system.queues.neverReceived")}
      </Text>
    </Panel>
  );
}
