import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { calendars } from "../../api/calendars";
import { Dialog } from "../../ui/Dialog";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import classes from "./Calendar.module.css";
import { tint } from "./words";

/** Calendars that were put aside, each with a way back. */
export function ArchiveDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const archive = useQuery(calendars.list(true));
  const restoring = useMutation({
    mutationFn: (id: string) => calendars.change(id, { archived: false }),
    onSuccess: async () => {
      tell(t("calendar.restored"));
      await Promise.all([["calendars"], ["calendar-events"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: tellProblem,
  });
  return (
    <Dialog opened onClose={onClose} title={t("calendar.archive")}>
      <Stack gap="sm">
        {archive.isPending && <RowsLoading rows={2} />}
        {archive.error && <ProblemPanel problem={archive.error} retry={() => void archive.refetch()} />}
        {archive.data?.items.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("calendar.archiveEmpty")}
          </Text>
        )}
        {archive.data?.items.map((calendar) => (
          <Group key={calendar.id} justify="space-between" wrap="nowrap">
            <Group gap={6} wrap="nowrap" miw={0}>
              <span aria-hidden className={classes.swatch} style={tint(calendar.colour)} />
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {calendar.title}
              </Text>
            </Group>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t("calendar.restoreNamed", { name: calendar.title })}
              loading={restoring.isPending && restoring.variables === calendar.id}
              onClick={() => restoring.mutate(calendar.id)}
            >
              {t("calendar.restore")}
            </Button>
          </Group>
        ))}
      </Stack>
    </Dialog>
  );
}
