import { Group, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deals, type StageSum } from "../../api/sales";
import { STAGE_COLOURS } from "./Deals";
import { useNumbers } from "./numbers";
import type { SalesList } from "./search";
import classes from "./StageSums.module.css";

/** How many deals are in each stage and what they come to; one click leaves a stage's alone. */
export function StageSums({ sales }: { sales: SalesList }) {
  const { t } = useTranslation();
  const { data } = useQuery(deals.sums(sales.filter));
  if (!data || data.every((stage) => stage.deals === 0)) return null;
  return (
    <Group className={classes.stages} role="group" aria-label={t("sales.byStage")} mb="sm">
      {data.map((stage) => (
        <Stage
          key={stage.id}
          stage={stage}
          chosen={sales.address.stageId === stage.id}
          onChoose={(stageId) => sales.set({ stageId })}
        />
      ))}
    </Group>
  );
}

function Stage({ stage, chosen, onChoose }: { stage: StageSum; chosen: boolean; onChoose: (stageId: string | undefined) => void }) {
  const { t } = useTranslation();
  const { money } = useNumbers();
  return (
    <UnstyledButton
      className={classes.stage}
      data-chosen={chosen || undefined}
      aria-pressed={chosen}
      style={{ borderTopColor: `var(--mantine-color-${STAGE_COLOURS[stage.kind]}-filled)` }}
      onClick={() => onChoose(chosen ? undefined : stage.id)}
    >
      <Text size="sm" fw={550} truncate title={stage.name}>
        {stage.name}
      </Text>
      <Text size="sm" className="numbers">
        {money(stage.sum, stage.currency)}
      </Text>
      <Text size="xs" c="dimmed" className="numbers">
        {t("sales.dealsIn", { count: stage.deals })}
      </Text>
    </UnstyledButton>
  );
}
