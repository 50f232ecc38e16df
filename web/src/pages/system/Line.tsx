import { Badge, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  state: "well" | "wrong" | "unusual";
  word: string;
  name: ReactNode;
  /** What is wrong and what to do. */
  hint?: ReactNode;
  value?: ReactNode;
}

const COLOURS = { well: "green", wrong: "red", unusual: "yellow" };

/** One thing: its state in a word, its name, a figure, and where it is not well what to do. */
export function Line({ state, word, name, hint, value }: Props) {
  return (
    <Stack gap={2} component="li">
      <Group gap="xs" justify="space-between" align="baseline">
        <Group gap="xs" align="baseline" style={{ minWidth: 0 }}>
          <Badge variant="light" color={COLOURS[state]}>
            {word}
          </Badge>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
        </Group>
        {value !== undefined && (
          <Text size="sm" c="dimmed" className="numbers">
            {value}
          </Text>
        )}
      </Group>
      {hint && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </Stack>
  );
}

/** Lines one below the other. */
export function Lines({ children }: { children: ReactNode }) {
  return (
    <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: "none" }}>
      {children}
    </Stack>
  );
}
