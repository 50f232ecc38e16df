import { useTranslation } from "react-i18next";
import type { SystemCard } from "../../api/system";
import { Panel } from "../../ui/Panel";
import { Line, Lines } from "./Line";

/** What `/readyz` checks; where a check fails it says what to do. */
export function Checks({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("system.checks.title")} description={t("system.checks.hint")}>
      <Lines>
        {card.checks.map((one) => {
          const state = one.ok ? "well" : one.stops ? "wrong" : "unusual";
          return (
            <Line
              key={one.name}
              state={state}
              word={t(`system.state.${state}`)}
              name={t(`system.checks.names.${one.name}`)}
              hint={one.ok ? undefined : one.reason}
            />
          );
        })}
      </Lines>
    </Panel>
  );
}
