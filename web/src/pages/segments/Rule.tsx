import { Text } from "@mantine/core";

/** A segment's rule in words. */
export function Rule({ rule }: { rule: unknown }) {
  return (
    <Text size="sm" c="dimmed">
      {typeof rule === "string" ? rule : JSON.stringify(rule)}
    </Text>
  );
}
