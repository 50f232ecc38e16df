import { Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconClock, IconCheck } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isOver, type Lead } from "../../api/leads";
import { WARNING } from "./colours";
import { between, duration } from "./duration";

const TICK_MS = 15_000;
/** From then on a lead waits long, and very long. */
const LONG_S = 15 * 60;
const VERY_LONG_S = 60 * 60;
const VERY_LONG = "light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))";

/** How long a lead has waited for somebody, or how fast somebody reacted; long is said in words, too. */
export function Clock({ lead }: { lead: Pick<Lead, "createdAt" | "takenAt" | "status"> }) {
  const { t, i18n } = useTranslation();
  const waits = lead.takenAt === null && !isOver(lead);
  const now = useNow(waits);
  const told = (seconds: number) => duration(seconds, i18n.language);
  if (!waits) {
    return (
      <Line icon={<IconCheck size={15} aria-hidden />} colour="dimmed">
        {lead.takenAt ? t("leads.answeredIn", { time: told(between(lead.createdAt, lead.takenAt)) }) : t("leads.notAnswered")}
      </Line>
    );
  }
  const waited = between(lead.createdAt, now);
  if (waited < LONG_S) {
    return <Line icon={<IconClock size={15} aria-hidden />}>{t("leads.waits", { time: told(waited) })}</Line>;
  }
  return (
    <Line icon={<IconAlertTriangle size={15} aria-hidden />} colour={waited < VERY_LONG_S ? WARNING : VERY_LONG}>
      {t("leads.waitsLong", { time: told(waited) })}
    </Line>
  );
}

function Line({ icon, colour, children }: { icon: React.ReactNode; colour?: string; children: string }) {
  return (
    <Group gap={4} wrap="nowrap" c={colour} className="numbers">
      <span style={{ display: "flex", flexShrink: 0 }}>{icon}</span>
      <Text size="sm" component="span">
        {children}
      </Text>
    </Group>
  );
}

function useNow(moves: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!moves) return;
    const ticking = window.setInterval(() => setNow(Date.now()), TICK_MS);
    return () => window.clearInterval(ticking);
  }, [moves]);
  return now;
}
