import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconClockExclamation, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { templates, type Letter } from "../../api/templates";
import { Preview } from "../../mail/Preview";
import { useFormat } from "../../ui/format";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** The letter as its readers see it, when it was fetched, and a way to fetch it anew. */
export function LetterPanel({ id, letter }: { id: string; letter: UseQueryResult<Letter> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const refresh = useMutation({
    mutationFn: () => templates.refresh(id),
    onSuccess: (anew) => client.setQueryData(templates.letter(id).queryKey, anew),
    onError: tellProblem,
  });
  const { data, error } = letter;
  const age = data && (
    <Group gap="xs">
      <Text size="sm" c="dimmed" className="numbers" role="status">
        {t("templates.refreshedAt", { at: format.dateTime(data.fetchedAt) })}
      </Text>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconRefresh size={14} />}
        loading={refresh.isPending}
        onClick={() => refresh.mutate()}
      >
        {t("templates.refresh")}
      </Button>
    </Group>
  );
  return (
    <Panel title={t("templates.preview")}>
      <Stack gap="sm">
        {data?.failure && (
          <Alert color="yellow" icon={<IconClockExclamation size={18} />} title={t("templates.notRefreshed")} role="alert">
            {data.failure}
          </Alert>
        )}
        {error && !data && <ProblemPanel problem={error} retry={() => void letter.refetch()} />}
        {data ? (
          <Preview key={data.fetchedAt} source={templates.html(id)} title={t("templates.preview")} aside={age} />
        ) : (
          !error && <Skeleton h={620} radius="md" role="status" aria-label={t("common.loading")} />
        )}
      </Stack>
    </Panel>
  );
}
