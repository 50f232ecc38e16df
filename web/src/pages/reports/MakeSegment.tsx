import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BulkRun } from "../../api/contact-list";
import { reports, type Group as GroupName, type Question } from "../../api/reports";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Following } from "../contacts/list/Following";

interface Props {
  question: Question;
  group: GroupName;
  opened: boolean;
  onClose: () => void;
}

/** Keeps a group of the report as a static segment, which fills in the background. */
export function MakeSegment({ question, group, opened, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const [name, setName] = useState(() => t("reports.suggested", { group: t(`reports.group.${group}`), when: format.date(new Date().toISOString()) }));
  const making = useMutation({
    mutationFn: () => reports.makeSegment(question, group, name.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: ["segments"] }),
  });
  const done = ({ changed }: BulkRun) => {
    void client.invalidateQueries({ queryKey: ["reports"] });
    tell(t("reports.made", { name: name.trim(), count: changed, shown: format.number(changed) }));
  };
  return (
    <Dialog title={t("reports.makeSegmentOf", { group: t(`reports.group.${group}`) })} opened={opened} onClose={onClose}>
      {making.data ? (
        <Following id={making.data.runId} onDone={done} onClose={onClose} />
      ) : (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          making.mutate();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("reports.makeHint")}
          </Text>
          {making.error && <ProblemPanel problem={making.error} />}
          <TextInput label={t("reports.segmentName")} value={name} maxLength={200} required data-autofocus onChange={({ currentTarget }) => setName(currentTarget.value)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={making.isPending} disabled={!name.trim()}>
              {t("reports.make")}
            </Button>
          </Group>
        </Stack>
      </form>
      )}
    </Dialog>
  );
}
