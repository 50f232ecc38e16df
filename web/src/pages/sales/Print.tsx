import { Button, Group, Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft, IconBraces, IconPrinter } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Ticket } from "../../api/sales";
import { NOTHING, useFormat } from "../../ui/format";
import { useNumbers } from "./numbers";
import classes from "./Print.module.css";

interface Props {
  title: string;
  back: { to: string; label: string };
  /** The same as JSON. */
  json: { href: string; name: string } | null;
  children: ReactNode;
}

/** A page to be printed, without the application around it; what is pressed stays off the paper. */
export function PrintPage({ title, back, json, children }: Props) {
  const { t } = useTranslation();
  useDocumentTitle(`${title} · Vestnik`);
  return (
    <main className={classes.page}>
      <Group className={classes.bar} justify="space-between" gap="sm">
        <div>
          <Text component="h1" fw={650} fz="lg" m={0}>
            {title}
          </Text>
        </div>
        <Group gap="xs">
          <Button variant="default" component={Link} to={back.to} leftSection={<IconArrowLeft size={16} />}>
            {back.label}
          </Button>
          {json && (
            <Button variant="default" component="a" href={json.href} download={json.name} leftSection={<IconBraces size={16} />}>
              {t("sales.json")}
            </Button>
          )}
          <Button leftSection={<IconPrinter size={16} />} onClick={() => window.print()}>
            {t("sales.print")}
          </Button>
        </Group>
      </Group>
      <div className={classes.sheets}>{children}</div>
    </main>
  );
}

/** One job ticket on its own sheet. */
export function Sheet({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { number, size } = useNumbers();
  const facts: [string, ReactNode][] = [
    [t("sales.due"), ticket.dueOn && <strong key="due">{format.day(ticket.dueOn)}</strong>],
    [t("sales.client"), ticket.client?.name],
    [t("sales.machineCode"), ticket.machineCode],
    [t("sales.material"), ticket.material],
    [t("sales.materialCode"), ticket.materialCode],
    [t("sales.size"), size(ticket)],
    [t("sales.resolution"), ticket.resolution],
    [t("sales.quantity"), number(ticket.quantity)],
    [t("sales.layouts"), ticket.layouts.length > 0 && <Files key="files" of={ticket.layouts} />],
    [t("sales.performer"), ticket.responsible?.name],
    [t("sales.note"), ticket.note && <span key="note" style={{ whiteSpace: "pre-line" }}>{ticket.note}</span>],
  ];
  return (
    <section className={classes.sheet} aria-label={t("sales.ticketNo", { number: ticket.number })}>
      {/* On paper it stands on each page that the ticket takes. */}
      <div className={classes.top}>
        <div className={classes.head}>
          <h2>{t("sales.ticketNo", { number: ticket.number })}</h2>
          <span>
            {t("sales.orderNo", { number: ticket.order.number })} · {format.date(ticket.createdAt)}
          </span>
        </div>
      </div>
      <div className={classes.body}>
        <p className={classes.item}>{ticket.item || t("sales.noItem")}</p>
        <table className={classes.facts}>
          <tbody>
            {facts.map(([name, value]) => (
              <tr key={name} data-long={isLong(value) || undefined}>
                <th scope="row">{name}</th>
                <td>{value || NOTHING}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {ticket.works.length > 0 && <WorksTable ticket={ticket} />}
        <div className={classes.signs}>
          <span>{t("sales.signWork")}</span>
          <span>{t("sales.signCheck")}</span>
          <span>{t("sales.signDate")}</span>
        </div>
      </div>
    </section>
  );
}

/** Notes and lists of files may be longer than a page: they go on where the page ends. */
const isLong = (value: ReactNode) => typeof value === "object" && value !== null;

function WorksTable({ ticket }: { ticket: Ticket }) {
  const { t } = useTranslation();
  const { number } = useNumbers();
  return (
    <table className={classes.works}>
      <caption>{t("sales.works")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("sales.workKindHint")}</th>
          <th scope="col">{t("sales.quantity")}</th>
          <th scope="col">{t("sales.description")}</th>
        </tr>
      </thead>
      <tbody>
        {ticket.works.map((work, place) => (
          // Works have no name but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={place}>
            <td>{work.kind || NOTHING}</td>
            <td>{number(work.quantity)}</td>
            <td>{work.description || NOTHING}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** On paper a file is found by its address alone. */
function Files({ of }: { of: string[] }) {
  return (
    <ul className={classes.list}>
      {[...new Set(of)].map((file) => (
        <li key={file}>{file}</li>
      ))}
    </ul>
  );
}
