import { Group, Stack, Text, ThemeIcon } from "@mantine/core";
import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface Props {
  icon: Icon;
  title: string;
  /** What to do next. */
  text: ReactNode;
  actions?: ReactNode;
  compact?: boolean;
  /** The title is the page's own. */
  heading?: boolean;
}

export function EmptyState({ icon: Picture, title, text, actions, compact, heading }: Props) {
  return (
    <Stack align="center" gap="xs" py={compact ? "md" : 48} px="md" ta="center">
      <ThemeIcon variant="light" size={compact ? 40 : 56} radius="xl">
        <Picture size={compact ? 20 : 28} stroke={1.6} aria-hidden />
      </ThemeIcon>
      <Text fw={600} size={compact ? "sm" : "lg"} component={heading ? "h1" : "p"} m={0}>
        {title}
      </Text>
      <Text c="dimmed" size="sm" maw={460}>
        {text}
      </Text>
      {actions && (
        <Group mt="xs" justify="center">
          {actions}
        </Group>
      )}
    </Stack>
  );
}
