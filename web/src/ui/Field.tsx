import { Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** A name and its value, one line of a card. */
export function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="md" wrap="nowrap" align="flex-start" py={6}>
      <Text size="sm" c="dimmed" flex="1 0 auto" maw={{ base: "45%", xs: "70%" }}>
        {label}
      </Text>
      <Text size="sm" component="div" ta="end" miw={0} style={{ overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Group>
  );
}

export function Tile({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: string }) {
  return (
    <Stack gap={2} p="md" className="framed">
      <Text size="xs" c="dimmed" fw={550}>
        {label}
      </Text>
      <Text fz={24} fw={650} lh={1.2} c={tone} className="numbers">
        {value}
      </Text>
      {note !== undefined && (
        <Text size="xs" c="dimmed" className="numbers">
          {note}
        </Text>
      )}
    </Stack>
  );
}
