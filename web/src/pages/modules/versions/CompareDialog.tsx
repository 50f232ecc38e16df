import { Group, Select, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modules } from "../../../api/modules";
import { DiffView } from "../../../editor/DiffView";
import { Dialog } from "../../../ui/Dialog";
import classes from "../Studio.module.css";
import { versionLabel } from "./version-label";

const EDITOR = "editor";

interface Props {
  moduleId: string;
  /** The version that the window opens at; closed without one. */
  before: string | null;
  source: string;
  onClose: () => void;
}

/** Two versions side by side, or one and the text in the editor. */
export function CompareDialog({ moduleId, before, source, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog opened={before !== null} onClose={onClose} title={t("studio.changes")} fullScreen>
      {before !== null && <Comparison moduleId={moduleId} start={before} source={source} />}
    </Dialog>
  );
}

function Comparison({ moduleId, start, source }: { moduleId: string; start: string; source: string }) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(start);
  const [right, setRight] = useState(EDITOR);
  const versions = useQuery(modules.versions(moduleId)).data?.items ?? [];
  const before = useText(moduleId, left, source);
  const after = useText(moduleId, right, source);
  const options = [{ value: EDITOR, label: t("studio.inEditor") }, ...versions.map((one) => ({ value: one.id, label: versionLabel(one) }))];
  return (
    <>
      <Group gap="sm" mb="sm" align="flex-end">
        <Select w={240} allowDeselect={false} label={t("studio.compareBefore")} value={left} onChange={(id) => id && setLeft(id)} data={options} />
        <Select w={240} allowDeselect={false} label={t("studio.compareAfter")} value={right} onChange={(id) => id && setRight(id)} data={options} />
        {before !== undefined && before === after && (
          <Text size="sm" c="dimmed" pb={8}>
            {t("studio.noChanges")}
          </Text>
        )}
      </Group>
      <div className={`framed ${classes.compare}`}>
        {before === undefined || after === undefined ? (
          <Skeleton h="100%" />
        ) : (
          <DiffView label={t("studio.changes")} before={before} after={after} />
        )}
      </div>
    </>
  );
}

function useText(moduleId: string, version: string, source: string): string | undefined {
  const { data } = useQuery({ ...modules.version(moduleId, version), enabled: version !== EDITOR });
  return version === EDITOR ? source : data?.source;
}
