import { Badge, Button, Group, Stack, Text, Timeline } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard, type VersionRow } from "../../../api/modules";
import { useRight } from "../../../api/session";
import { useActor, useFormat } from "../../../ui/format";
import { RowsLoading } from "../../../ui/Loading";
import { tell, tellProblem } from "../../../ui/notices";
import { ProblemPanel } from "../../../ui/ProblemPanel";

interface Props {
  card: ModuleCard;
  onCompare: (version: string) => void;
  onPublish: (version: string) => void;
  onRestore: (source: string) => void;
}

/** Saved versions, newest first: compared, taken into the editor, published, rolled back to. */
export function Versions(props: Props) {
  const { data, error } = useQuery(modules.versions(props.card.id));
  if (error && !data) return <ProblemPanel problem={error} />;
  if (!data) return <RowsLoading rows={4} />;
  const live = data.items.find((one) => one.id === props.card.liveVersionId);
  return (
    <Timeline bulletSize={14} lineWidth={2} active={-1}>
      {data.items.map((version) => (
        <Timeline.Item key={version.id} title={<Title card={props.card} version={version} />}>
          <Entry {...props} version={version} older={live !== undefined && version.number < live.number} />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function Title({ card, version }: { card: ModuleCard; version: VersionRow }) {
  const { t } = useTranslation();
  return (
    <Group gap="xs">
      {t("modules.version", { number: version.number })}
      {version.id === card.liveVersionId && <Badge color="teal">{t("studio.live")}</Badge>}
      {card.hasDraft && version.id === card.latestVersionId && <Badge color="blue">{t("studio.draft")}</Badge>}
    </Group>
  );
}

function Entry({ card, version, older, onCompare, onPublish, onRestore }: Props & { version: VersionRow; older: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const by = useActor();
  const client = useQueryClient();
  const writes = useRight("modules.write");
  const publishes = useRight("modules.publish");
  const number = version.number;
  const restore = async () => {
    const { source } = await client.fetchQuery(modules.version(card.id, version.id));
    onRestore(source);
    tell(t("studio.restored", { number }));
  };
  return (
    <Stack gap={4}>
      {version.note && <Text size="sm">{version.note}</Text>}
      <Text size="xs" c="dimmed">
        {[format.dateTime(version.createdAt), by(version.author)].join(" · ")}
      </Text>
      <Group gap={4}>
        <Button size="compact-xs" variant="subtle" aria-label={t("studio.compareNamed", { number })} onClick={() => onCompare(version.id)}>
          {t("studio.compare")}
        </Button>
        {writes && (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={t("studio.restoreNamed", { number })}
            onClick={() => void restore().catch(tellProblem)}
          >
            {t("studio.restore")}
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="subtle"
          component="a"
          download
          href={modules.archiveAddress(card.id, version.id)}
          aria-label={t("studio.zipNamed", { number })}
        >
          .zip
        </Button>
        {publishes && version.id !== card.liveVersionId && (
          <Button
            size="compact-xs"
            variant="light"
            aria-label={t(older ? "studio.rollBackNamed" : "studio.publishNamed", { number })}
            onClick={() => onPublish(version.id)}
          >
            {t(older ? "studio.rollBack" : "studio.publish")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
