import { Alert, Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard, type Rehearsal, type VersionRow } from "../../../api/modules";
import { Dialog } from "../../../ui/Dialog";
import { RowsLoading } from "../../../ui/Loading";
import { tell } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import classes from "../Studio.module.css";
import { RehearsalView } from "./RehearsalView";

interface Props {
  card: ModuleCard;
  versionId: string | null;
  onClose: () => void;
}

/** Makes a version the live one, after it was tried on what the live one did. */
export function PublishDialog({ card, versionId, onClose }: Props) {
  const { t } = useTranslation();
  const versions = useQuery({ ...modules.versions(card.id), enabled: versionId !== null }).data?.items ?? [];
  const version = versions.find((one) => one.id === versionId);
  const live = versions.find((one) => one.id === card.liveVersionId);
  const back = version !== undefined && live !== undefined && version.number < live.number;
  const title = version && t(back ? "studio.rollBackTitle" : "studio.publishTitle", { number: version.number });
  return (
    <Dialog opened={versionId !== null} onClose={onClose} title={title ?? ""} size={880}>
      {version && (live ? <Rehearsed card={card} version={version} onDone={onClose} /> : <First card={card} version={version} onDone={onClose} />)}
      {versionId !== null && !version && <RowsLoading rows={3} />}
    </Dialog>
  );
}

interface OneProps {
  card: ModuleCard;
  version: VersionRow;
  onDone: () => void;
}

function usePublishing({ card, version, onDone }: OneProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (confirmed: boolean) => modules.publish(card.id, version.id, confirmed),
    onSuccess: async () => {
      tell(t("studio.published", { number: version.number }));
      onDone();
      await client.invalidateQueries({ queryKey: ["modules"] });
    },
  });
}

/** The first version has nothing to be compared with. */
function First(props: OneProps) {
  const { t } = useTranslation();
  const publishing = usePublishing(props);
  return (
    <Stack>
      <Text size="sm">{t("studio.publishFirst")}</Text>
      {publishing.error && <ProblemPanel problem={publishing.error} />}
      <Group justify="flex-end">
        {/* The dialog may stand before its version is known: what it would focus is not there by then. */}
        <Button autoFocus loading={publishing.isPending} onClick={() => publishing.mutate(false)}>
          {t("studio.publish")}
        </Button>
      </Group>
    </Stack>
  );
}

function Rehearsed(props: OneProps) {
  const { t } = useTranslation();
  const { card, version } = props;
  const [confirmed, setConfirmed] = useState(false);
  const publishing = usePublishing(props);
  const { mutate: rehearse, ...start } = useMutation({ mutationFn: () => modules.rehearse(card.id, version.id) });
  useEffect(() => rehearse(), [rehearse]);
  const id = start.data?.id ?? "";
  const { data: rehearsal, error } = useQuery({ ...modules.rehearsal(card.id, id), enabled: id !== "" });
  const problem = start.error ?? error;
  const losses = rehearsal ? lossesOf(rehearsal) : 0;
  const running = !problem && rehearsal?.state !== "done" && rehearsal?.state !== "interrupted";
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("studio.rehearsalHint")}
      </Text>
      {problem && <ProblemPanel problem={problem} retry={() => rehearse()} />}
      {!problem && !rehearsal && <RowsLoading rows={3} />}
      {rehearsal && <RehearsalView rehearsal={rehearsal} />}
      <Stack className={classes.publishing}>
        {rehearsal?.state === "done" && losses > 0 && (
          <Alert color="orange" icon={<IconAlertTriangle size={18} />} title={t("studio.losses", counted(rehearsal))}>
            <Checkbox mt="xs" label={t("studio.lossesConfirm")} checked={confirmed} onChange={(event) => setConfirmed(event.currentTarget.checked)} />
          </Alert>
        )}
        {publishing.error && <ProblemPanel problem={publishing.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onDone}>
            {t("common.cancel")}
          </Button>
          <Button
            loading={publishing.isPending}
            disabled={running || (losses > 0 && !confirmed)}
            onClick={() => publishing.mutate(confirmed)}
          >
            {t("studio.publish")}
          </Button>
        </Group>
      </Stack>
    </Stack>
  );
}

const counted = ({ actionsLost, actionsChanged, failed }: Rehearsal) => ({ lost: actionsLost, changed: actionsChanged, failed });

/** What the server wants confirmed: actions that would be lost or come out otherwise, and calls that would fail. */
const lossesOf = ({ actionsLost, actionsChanged, failed }: Rehearsal) => actionsLost + actionsChanged + failed;
