import { Button, Checkbox, Group, Paper, Text, VisuallyHidden } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Lead, LeadAct } from "../../api/leads";
import { useFormat } from "../../ui/format";
import { Rows } from "../../ui/Rows";
import { ActsMenu } from "./ActsMenu";
import { useColumns } from "./columns";
import classes from "./Inbox.module.css";
import { useKeys } from "./keys";
import { useActs } from "./use-acts";

interface Props {
  rows: Lead[];
  faded: boolean;
  writes: boolean;
  /** Somebody is at the list: its rows stay where they are. */
  onHold: (held: boolean) => void;
  /** A lead was changed here: the list may follow. */
  onDone: () => void;
  onHelp: () => void;
}

/** The rows of the inbox: chosen, worked on, walked through by keys. */
export function Inbox({ rows, faded, writes, onHold, onDone, onHelp }: Props) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState(false);
  const held = hovered || chosen.size > 0;
  useEffect(() => onHold(held), [held, onHold]);
  const here = rows.filter(({ id }) => chosen.has(id));
  const acts = useActs(() => {
    setChosen(new Set());
    onDone();
  });
  const cursor = useCursor(rows);
  const toggle = (id: string) =>
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const meant = () => (here.length > 0 ? here : cursor.lead ? [cursor.lead] : []);
  const does = (act: LeadAct) => () => acts.start(meant(), act);
  useKeys({
    j: () => cursor.move(1),
    ArrowDown: () => cursor.move(1),
    k: () => cursor.move(-1),
    ArrowUp: () => cursor.move(-1),
    ...(writes && {
      t: does({ action: "take" }),
      a: does({ action: "assign" }),
      p: does({ action: "process" }),
      c: does({ action: "close" }),
      x: () => cursor.lead && toggle(cursor.lead.id),
    }),
    "?": onHelp,
  });
  const columns = useColumns({
    choose: writes ? { has: (id) => chosen.has(id), toggle } : undefined,
    acts: writes ? (lead) => <ActsMenu lead={lead} acts={acts} /> : undefined,
  });
  if (rows.length === 0) {
    return (
      <Paper p="xl" ta="center" c="dimmed">
        {t("common.nothingFound")}
        {acts.windows}
      </Paper>
    );
  }
  return (
    <>
      {writes && (
        <Checkbox
          size="sm"
          w="fit-content"
          label={t("leads.chooseAll")}
          checked={here.length === rows.length}
          indeterminate={here.length > 0 && here.length < rows.length}
          onChange={() => setChosen(here.length === rows.length ? new Set() : new Set(rows.map(({ id }) => id)))}
        />
      )}
      <div
        className={classes.rows}
        data-faded={faded || undefined}
        onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
        onPointerLeave={() => setHovered(false)}
      >
        <Rows<Lead>
          label={t("leads.title")}
          rows={rows}
          columns={columns}
          rowProps={(lead) => ({
            "data-lead": lead.id,
            "data-unread": lead.unread || undefined,
            "data-current": lead.id === cursor.lead?.id || undefined,
            onFocusCapture: () => cursor.set(lead.id),
          })}
        />
      </div>
      {here.length > 0 && <BulkBar of={here} start={(act) => acts.start(here, act)} busy={acts.busy} clear={() => setChosen(new Set())} />}
      {acts.windows}
    </>
  );
}

/** The lead that keys are about: the one whose row has, or had, the focus. */
function useCursor(rows: Lead[]) {
  const [id, setId] = useState<string>();
  const place = useRef(-1);
  const found = rows.findIndex((lead) => lead.id === id);
  const link = (index: number) => document.querySelector<HTMLElement>(`[data-lead="${rows[index]?.id}"] .row-link`);
  useEffect(() => {
    if (found >= 0) place.current = found;
    // The row went away with what was done to its lead: the next one stands in its place.
    else if (id !== undefined && document.activeElement === document.body) link(Math.min(place.current, rows.length - 1))?.focus();
  });
  return {
    lead: rows[found],
    set: setId,
    move: (by: number) => {
      const next = found < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, found + by));
      const target = link(next);
      target?.focus();
      target?.scrollIntoView({ block: "nearest" });
    },
  };
}

interface BarProps {
  of: Lead[];
  start: (act: LeadAct) => void;
  busy: boolean;
  clear: () => void;
}

function BulkBar({ of, start, busy, clear }: BarProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Paper p="xs" className={classes.bar} role="region" aria-label={t("leads.bulk")}>
      <Group gap="xs">
        <Text size="sm" fw={550} mr="auto" aria-live="polite">
          {t("leads.chosen", { count: of.length, shown: format.number(of.length) })}
        </Text>
        {(["take", "assign", "process", "close", "reopen"] as const).map((action) => (
          <Button key={action} size="xs" variant="default" disabled={busy} onClick={() => start({ action })}>
            {t(`leads.act.${action}`)}
          </Button>
        ))}
        <Button size="xs" variant="subtle" color="gray" onClick={clear}>
          {t("leads.clear")}
          <VisuallyHidden> {t("leads.bulk")}</VisuallyHidden>
        </Button>
      </Group>
    </Paper>
  );
}
