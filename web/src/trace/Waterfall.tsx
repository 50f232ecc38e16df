import { Badge, Text, UnstyledButton } from "@mantine/core";
import { useMemo, useState, type CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import type { Exchange } from "../api/modules";
import { useFormat } from "../ui/format";
import { ExchangeDetails } from "./ExchangeDetails";
import classes from "./trace.module.css";
import { waterfall, type Bar } from "./waterfall";

const KB = 1000;

/** Every HTTP request of a call over time; one is opened by a click. Secrets were masked by the server. */
export function Waterfall({ exchanges }: { exchanges: Exchange[] }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState<number | null>(null);
  const { bars, totalMs } = useMemo(() => waterfall(exchanges), [exchanges]);
  if (bars.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("trace.noExchanges")}
      </Text>
    );
  }
  return (
    <div className={classes.waterfall}>
      <ol aria-label={t("trace.requests")}>
        {bars.map((bar, index) => (
          // Requests of one call have no name but their order.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <UnstyledButton
              className={classes.request}
              aria-expanded={opened === index}
              onClick={() => setOpened(opened === index ? null : index)}
            >
              <Head bar={bar} />
            </UnstyledButton>
            {opened === index && <ExchangeDetails exchange={bar.exchange} />}
          </li>
        ))}
      </ol>
      <div className={classes.axis} aria-hidden>
        <span>0</span>
        <span>{t("trace.ms", { ms: Math.round(totalMs) })}</span>
      </div>
    </div>
  );
}

function Head({ bar }: { bar: Bar }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { exchange } = bar;
  const size = (bytes: number) =>
    bytes < KB ? t("trace.bytes", { bytes: format.number(bytes) }) : t("trace.kilobytes", { size: format.number(Math.round(bytes / 100) / 10) });
  return (
    <>
      <Badge color={colourOf(exchange)} className={classes.status}>
        {exchange.status ?? t("trace.failed")}
      </Badge>
      <span className={classes.method}>{exchange.method}</span>
      <span className={classes.address}>
        <b>{bar.host}</b>
        {bar.path}
      </span>
      <span className={classes.track} aria-hidden>
        <span
          className={classes.bar}
          data-failed={colourOf(exchange) === "red" || undefined}
          style={{ left: `${bar.left}%`, width: `${bar.width}%`, "--waiting": `${bar.waiting}%` } as CSSProperties}
        />
      </span>
      <span className={classes.cost}>
        {t("trace.ms", { ms: Math.round(exchange.wallMs) })} · {size(exchange.responseBytes)}
      </span>
    </>
  );
}

function colourOf({ status }: Exchange): string {
  if (status === null || status >= 500) return "red";
  return status >= 400 ? "orange" : "teal";
}
