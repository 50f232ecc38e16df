import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  title: string;
  description?: ReactNode;
  /** Stands beside the title: states, versions. */
  badges?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; search?: Record<string, string>; label: string };
}

/** The same head on every page: where it belongs, its name, one line about it, and what to do here. */
export function PageHeader({ title, description, badges, actions, back }: Props) {
  useDocumentTitle(`${title} · Vestnik`);
  return (
    <Stack gap={6} mb="lg">
      {back && (
        <Anchor component={Link} to={back.to} search={back.search as never} size="sm" w="fit-content">
          <Group gap={4} wrap="nowrap">
            <IconArrowLeft size={14} aria-hidden />
            {back.label}
          </Group>
        </Anchor>
      )}
      <Group justify="space-between" align="flex-start" gap="md">
        <Stack gap={4} flex="1 1 280px" miw={0}>
          <Group gap="sm">
            <Title order={1} fz={{ base: 22, sm: 26 }} lh={1.25} style={{ overflowWrap: "anywhere" }}>
              {title}
            </Title>
            {badges}
          </Group>
          {description && (
            <Text c="dimmed" maw={860}>
              {description}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
    </Stack>
  );
}
