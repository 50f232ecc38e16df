import { Badge, type BadgeProps, type MantineColor } from "@mantine/core";
import { useTranslation } from "react-i18next";

const COLOURS = {
  campaign: {
    draft: "gray", scheduled: "blue", preparing: "herald", moderation: "violet", sending: "herald", sent: "teal",
    paused: "yellow", declined: "red", cancelled: "gray", failed: "red", unclear: "orange",
  },
  delivery: {
    planned: "gray", handed_over: "blue", sent: "blue", delivered: "teal", opened: "teal", clicked: "green", unsubscribed: "orange",
    soft_bounced: "yellow", hard_bounced: "red", bounced: "red", spam: "red", rejected: "red", failed: "red", skipped: "gray",
  },
  webhook: { received: "blue", applied: "teal", failed: "red", retrying: "yellow", probe: "gray" },
  outgoing: { on: "teal", failing: "orange", off: "gray", stopped: "red" },
  outgoingDelivery: { waiting: "blue", delivered: "teal", failed: "orange", given_up: "red" },
  module: { enabled: "teal", disabled: "gray", suspended: "red", archived: "gray", broken: "red" },
  account: { ready: "teal", unchecked: "gray", failing: "red", disabled: "gray" },
  subscription: { subscribed: "teal", unsubscribed: "red", pending: "orange", none: "gray" },
  sync: { draft: "gray", on: "teal", off: "yellow" },
  syncRun: { planning: "herald", waiting: "orange", applying: "herald", verifying: "herald", done: "teal", failed: "red", stopped: "gray", onlyShown: "gray" },
  lead: { open: "orange", in_work: "blue", processed: "teal", closed: "gray" },
  order: { new: "blue", in_work: "herald", done: "teal", cancelled: "gray" },
  ticket: { new: "blue", in_work: "herald", done: "teal", cancelled: "gray" },
  invitation: { sending: "herald", delayed: "orange", sent: "blue", shown: "blue", unsent: "red", expired: "gray" },
  key: { valid: "teal", expiring: "orange", replaced: "blue", expired: "gray" },
  import: { running: "herald", done: "teal", stopped: "red", failed: "red" },
} satisfies Record<string, Record<string, MantineColor>>;

export type StatusKind = keyof typeof COLOURS;
/** States in which something is happening right now. */
const BUSY = new Set(["preparing", "sending", "parsing", "running", "planning", "applying", "verifying"]);

interface Props extends BadgeProps {
  kind: StatusKind;
  state: string;
}

/** One look for every state of anything: a colour, a dot, a word. */
export function StatusBadge({ kind, state, ...badge }: Props) {
  const { t } = useTranslation();
  const colour = (COLOURS[kind] as Record<string, MantineColor>)[state] ?? "gray";
  const dot = <span className={BUSY.has(state) ? "blink" : undefined} style={DOT} aria-hidden />;
  return (
    <Badge color={colour} leftSection={dot} style={{ flexShrink: 0 }} {...badge}>
      {t(`status.${kind}.${state}`, { defaultValue: state })}
    </Badge>
  );
}

const DOT = { display: "inline-block", width: 7, height: 7, borderRadius: "50%", background: "currentColor" } as const;
