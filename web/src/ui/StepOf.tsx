import { Progress, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Where one is in a wizard, in the little room of a phone. */
export function StepOf({ number, all, label }: { number: number; all: number; label: string }) {
  const { t } = useTranslation();
  const words = t("common.stepOf", { number, all, label });
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {words}
      </Text>
      <Progress value={(number / all) * 100} aria-label={words} />
    </Stack>
  );
}
