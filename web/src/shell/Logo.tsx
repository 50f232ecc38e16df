import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Logo({ size = 30 }: { size?: number }) {
  const { t } = useTranslation();
  return (
    <Group gap={10} wrap="nowrap">
      <img src="/favicon.svg" width={size} height={size} alt="" />
      <Text fw={700} fz={size * 0.62} lh={1} component="span">
        {t("shell.name")}
      </Text>
    </Group>
  );
}
