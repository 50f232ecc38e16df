import { Box, Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Logo } from "../../shell/Logo";
import { Preferences } from "../../shell/Preferences";

/** The frame of pages that a person sees before signing in. */
export function EntryFrame({ title, text, width, children }: { title: string; text: string; width: number; children: ReactNode }) {
  useDocumentTitle(`${title} · Vestnik`);
  return (
    <Box mih="100vh" bg="var(--vestnik-canvas)" component="main">
      <Group justify="space-between" p="md">
        <Logo />
        <Group gap="xs">
          <Preferences />
        </Group>
      </Group>
      <Center px="md" pt={{ base: "md", sm: 48 }} pb={64}>
        <Stack w="100%" maw={width} gap="lg">
          <Stack gap={4}>
            <Title order={1} fz={28}>
              {title}
            </Title>
            <Text c="dimmed">{text}</Text>
          </Stack>
          <Paper p={{ base: "md", sm: "xl" }} shadow="xs">
            {children}
          </Paper>
        </Stack>
      </Center>
    </Box>
  );
}
