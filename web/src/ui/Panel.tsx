import { Group, Paper, Stack, Text, Title, type PaperProps } from "@mantine/core";
import type { ReactNode } from "react";

interface Props extends PaperProps {
  id?: string;
  title?: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, description, actions, children, ...paper }: Props) {
  return (
    <Paper p={{ base: "md", sm: "lg" }} component="section" aria-label={title} {...paper}>
      {(title || actions) && (
        <Group justify="space-between" align="flex-start" mb={children === null ? 0 : "md"} gap="sm">
          <Stack gap={2} flex="1 1 220px" miw={0}>
            {title && (
              <Title order={2} fz="md">
                {title}
              </Title>
            )}
            {description && (
              <Text size="sm" c="dimmed">
                {description}
              </Text>
            )}
          </Stack>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      {children}
    </Paper>
  );
}
