import { Box, Group, Select, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules } from "../../api/modules";
import { DiffView } from "../../editor/DiffView";
import { versionLabel } from "./version-label";

interface Props {
  moduleId: string;
  version: string;
  onVersion: (version: string) => void;
  after: string;
}

/** What the text in the editor changes in a saved version. */
export function Changes({ moduleId, version, onVersion, after }: Props) {
  const { t } = useTranslation();
  const list = useQuery(modules.versions(moduleId)).data?.items ?? [];
  const { data } = useQuery(modules.version(moduleId, version));
  return (
    <Box h="100%" style={{ display: "flex", flexDirection: "column" }}>
      <Group px="sm" py={8} gap="sm">
        <Text size="sm">{t("studio.compareWith")}</Text>
        <Select
          size="xs"
          w={220}
          allowDeselect={false}
          aria-label={t("studio.compareWith")}
          value={version}
          onChange={(value) => value && onVersion(value)}
          data={list.map((one) => ({ value: one.id, label: versionLabel(one) }))}
        />
        {data?.source === after && (
          <Text size="sm" c="dimmed">
            {t("studio.noChanges")}
          </Text>
        )}
      </Group>
      <Box flex={1} mih={0}>
        {data ? <DiffView label={t("studio.changes")} before={data.source} after={after} /> : <Skeleton h="100%" />}
      </Box>
    </Box>
  );
}
