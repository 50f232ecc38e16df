import { Alert, Paper, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconGitCompare } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ReplayResult } from "../../../api/modules";
import { Differences, Unrecorded } from "../../../trace/Differences";
import { Outcome } from "../../../trace/Outcome";

/** What the text in the editor made of a recorded call, beside what it was. */
export function ReplayView({ replay }: { replay: ReplayResult }) {
  const { t } = useTranslation();
  return (
    <Paper p="sm" component="section" aria-label={t("studio.replayed")}>
      <Stack gap="sm">
        <Text size="sm" fw={600}>
          {t("studio.replayed")}
        </Text>
        {replay.same ? (
          <Alert color="teal" icon={<IconCircleCheck size={18} />} title={t("studio.replaySame")} />
        ) : (
          <Alert color="yellow" icon={<IconGitCompare size={18} />} title={t("studio.replayDifferent")}>
            {t("studio.replayOffline")}
          </Alert>
        )}
        {replay.differences.length > 0 && <Differences differences={replay.differences} />}
        <Unrecorded requests={replay.unrecorded} />
        <Outcome run={replay} />
      </Stack>
    </Paper>
  );
}
