import { Anchor, Badge, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ModuleUse } from "../../api/system";
import { useRight } from "../../api/session";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { Line, Lines } from "./Line";

/** So many failed calls in an hour, and this share of all, are worth a look. */
const FAILURES = 5;
const SHARE = 0.5;

/** What modules cost and how often they fail, the dearest first. */
export function Modules({ modules }: { modules: ModuleUse[] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("system.modules.title")} description={t("system.modules.hint")}>
      {modules.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("system.modules.none")}
        </Text>
      ) : (
        <Lines>
          {modules.map((one) => (
            <Module key={one.id} use={one} />
          ))}
        </Lines>
      )}
    </Panel>
  );
}

function Module({ use }: { use: ModuleUse }) {
  const { t } = useTranslation();
  const format = useFormat();
  const reads = useRight("modules.read");
  const { hour, day } = use;
  const fails = hour.failures >= FAILURES && hour.failures >= SHARE * hour.calls;
  const state = fails ? "wrong" : hour.failures > 0 ? "unusual" : "well";
  const cost = ({ calls, failures, cpuMs }: ModuleUse["hour"]) =>
    t("system.modules.cost", { calls: format.number(calls), failures: format.number(failures), cpu: format.number(Math.round(cpuMs / 10) / 100) });
  const name = (
    <Group gap={6} component="span">
      {reads ? (
        <Anchor component={Link} to={`/modules/${use.id}`} search={{ tab: "calls" } as never} size="sm">
          {use.title}
        </Anchor>
      ) : (
        use.title
      )}
      {use.version !== null && (
        <Text span size="xs" c="dimmed">
          {t("system.modules.version", { number: use.version })}
        </Text>
      )}
      {!use.enabled && <Badge color="gray">{t("status.module.disabled")}</Badge>}
    </Group>
  );
  return (
    <Line
      state={state}
      word={t(`system.modules.state.${state}`)}
      name={name}
      hint={
        <>
          {t("system.modules.hour")} {cost(hour)}
          <br />
          {t("system.modules.day")} {cost(day)}
          {fails && (
            <>
              <br />
              {t("system.modules.advice")}
            </>
          )}
        </>
      }
    />
  );
}
