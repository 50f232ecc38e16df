import { Box, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Figure } from "../../api/reports";
import { useFormat } from "../../ui/format";
import classes from "./Funnel.module.css";

const STAGES = ["recipients", "sent", "delivered", "opened", "clicked"] as const;

/** From everyone who was chosen to those who clicked: each stage as a part of the first, with its share of the one before. */
export function Funnel({ figures, told }: { figures: Record<string, Figure>; told: (stage: string) => boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const all = figures.recipients?.count ?? 0;
  return (
    <Stack gap="sm" component="ol" className={classes.funnel}>
      {STAGES.filter(told).map((stage, index) => {
        const { count = 0, ours = 0 } = figures[stage] ?? {};
        const before = figures[STAGES[Math.max(index - 1, 0)] ?? "recipients"]?.count ?? 0;
        return (
          <li key={stage}>
            <Group justify="space-between" gap="xs" mb={4} wrap="nowrap">
              <Text size="sm">
                {t(`campaigns.${stage}`)}
                {ours !== count && (
                  <Text span display="block" size="xs" c="dimmed" className="numbers">
                    {t("results.weCount", { count: format.number(ours) })}
                  </Text>
                )}
              </Text>
              <Group gap="sm">
                <Text size="sm" fw={600} className="numbers">
                  {format.number(count)}
                </Text>
                <Text size="sm" c="dimmed" className={`numbers ${classes.share}`}>
                  {index === 0 ? "" : format.share(count, before)}
                </Text>
              </Group>
            </Group>
            <Box className={classes.track}>
              <Box className={classes.bar} data-stage={stage} style={{ width: `${all ? Math.min((count / all) * 100, 100) : 0}%` }} />
            </Box>
          </li>
        );
      })}
    </Stack>
  );
}
