import { Button, Group, Stack, Text, Timeline } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard, type VersionRow } from "../../api/modules";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { versionLabel } from "./version-label";

interface Props {
  card: ModuleCard;
  onCompare: (version: string) => void;
  onRestore: (source: string) => void;
}

/** Saved versions, newest first: each can be compared with the editor or taken into it again. */
export function Versions({ card, onCompare, onRestore }: Props) {
  const { data, error, isPending } = useQuery(modules.versions(card.id));
  if (error) return <ProblemPanel problem={error} />;
  if (isPending) return <RowsLoading rows={4} />;
  return (
    <Timeline bulletSize={14} lineWidth={2} active={-1}>
      {data.items.map((version) => (
        <Timeline.Item key={version.id} title={versionLabel(version)}>
          <Entry card={card} version={version} onCompare={onCompare} onRestore={onRestore} />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function Entry({ card, version, onCompare, onRestore }: Props & { version: VersionRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const restore = async () => {
    const { source } = await client.fetchQuery(modules.version(card.id, version.id));
    onRestore(source);
    tell(t("studio.restored", { number: version.number }));
  };
  return (
    <Stack gap={4}>
      {version.note && <Text size="sm">{version.note}</Text>}
      <Text size="xs" c="dimmed">
        {[format.dateTime(version.createdAt), version.author].filter(Boolean).join(" · ")}
      </Text>
      <Group gap="xs">
        <Button size="compact-xs" variant="subtle" onClick={() => onCompare(version.id)}>
          {t("studio.compare")}
        </Button>
        <Button size="compact-xs" variant="subtle" onClick={() => void restore().catch(tellProblem)}>
          {t("studio.restore")}
        </Button>
      </Group>
    </Stack>
  );
}
