import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { reports, type Group as GroupName, type Question } from "../../api/reports";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  question: Question;
  group: GroupName;
  opened: boolean;
  onClose: () => void;
}

/** Keeps a group of the report as a static segment. */
export function MakeSegment({ question, group, opened, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const [name, setName] = useState(() => t("reports.suggested", { group: t(`reports.group.${group}`), when: format.date(new Date().toISOString()) }));
  const making = useMutation({
    mutationFn: () => reports.makeSegment(question, group, name.trim()),
    onSuccess: async ({ members }) => {
      tell(t("reports.made", { name: name.trim(), count: members, shown: format.number(members) }));
      onClose();
      await client.invalidateQueries({ queryKey: ["segments"] });
    },
  });
  return (
    <Dialog title={t("reports.makeSegmentOf", { group: t(`reports.group.${group}`) })} opened={opened} onClose={onClose}>
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
    </Dialog>
  );
}
