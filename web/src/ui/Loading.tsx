import { Group, Paper, SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** The outline of a page while its code or data is on the way. */
export function PageLoading() {
  const { t } = useTranslation();
  return (
    <Stack role="status" aria-label={t("common.loading")} gap="lg">
      <Group justify="space-between">
        <Stack gap="xs">
          <Skeleton h={30} w={240} />
          <Skeleton h={14} w={320} maw="60vw" />
        </Stack>
        <Skeleton h={36} w={140} visibleFrom="sm" />
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {[0, 1, 2].map((tile) => (
          <Paper key={tile} p="md">
            <Skeleton h={12} w="40%" mb="sm" />
            <Skeleton h={24} w="60%" />
          </Paper>
        ))}
      </SimpleGrid>
      <RowsLoading />
    </Stack>
  );
}

export function RowsLoading({ rows = 6 }: { rows?: number }) {
  return (
    <Paper p="md">
      <Stack gap="md">
        {Array.from({ length: rows }, (_, row) => (
          <Skeleton key={row} h={16} w={`${90 - ((row * 17) % 40)}%`} />
        ))}
      </Stack>
    </Paper>
  );
}
