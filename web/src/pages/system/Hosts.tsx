import { useTranslation } from "react-i18next";
import type { SystemCard } from "../../api/system";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { Line, Lines } from "./Line";

/** The processes that share the database, and when each was heard of last. */
export function Hosts({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t("system.hosts.title")} description={t("system.hosts.hint")}>
      <Lines>
        {card.hosts.map((one) => (
          <Line
            key={one.id}
            state={one.alive ? "well" : "wrong"}
            word={t(one.alive ? "system.hosts.alive" : "system.hosts.silent")}
            name={one.own ? t("system.hosts.own", { id: one.id }) : one.id}
            value={format.ago(one.seenAt)}
            hint={one.alive ? undefined : t("system.hosts.advice")}
          />
        ))}
      </Lines>
    </Panel>
  );
}
