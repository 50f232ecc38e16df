import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { changesNothing, isGuarded, removedPercent, type Sync } from "../../api/syncs";
import { useFormat } from "../../ui/format";
import type { Act } from "./use-acts";

/** Whom the plan takes out of the list, and which share that is; beyond the guard it is a warning. */
export function Removals({ sync }: { sync: Sync }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { run } = sync;
  if (!run) return null;
  const { remove, largest } = run.counts;
  if (!remove) {
    return (
      <Text size="sm" fw={550}>
        {t(changesNothing(run) ? "syncs.plan.changesNothing" : "syncs.plan.removesNobody")}
      </Text>
    );
  }
  const people = { count: remove, shown: format.number(remove) };
  const share = t(remove === largest ? "syncs.plan.removesAll" : "syncs.plan.removesShare", { ...people, before: format.number(largest), percent: removedPercent(run) });
  if (!isGuarded(sync, run)) {
    return (
      <Text size="sm" fw={550}>
        {share}
      </Text>
    );
  }
  return (
    <Alert color="orange" icon={<IconAlertTriangle size={18} />} role="alert" title={share}>
      {t("syncs.plan.guarded", { percent: sync.guardPercent })}
    </Alert>
  );
}

interface Props {
  sync: Sync;
  label: string;
  busy: boolean;
  start: (act: Act) => void;
}

/** Has the plan carried out. It names whom it takes out of the list, and asks first. */
export function ConfirmButton({ sync, label, busy, start }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { run } = sync;
  const remove = run?.counts.remove ?? 0;
  const idle = run !== null && changesNothing(run);
  return (
    <Button
      color={remove > 0 ? "red" : undefined}
      variant={idle ? "default" : "filled"}
      leftSection={<IconPlayerPlay size={16} />}
      loading={busy}
      onClick={() => start("confirm")}
    >
      {remove > 0 ? t("syncs.ask.confirm", { count: remove, shown: format.number(remove) }) : label}
    </Button>
  );
}
