import { Alert, Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { organisation, type Walls as WallsShape } from "../../api/organisation";
import type { Language } from "../../i18n";
import { Panel } from "../../ui/Panel";

/** The walls around every module: which stand on the server, and what a missing one means. */
export function Walls({ known }: { known?: WallsShape }) {
  const { t } = useTranslation();
  const asked = useQuery({ ...organisation.walls, enabled: !known });
  const data = known ?? asked.data;
  if (!data) return null;
  return (
    <Panel title={t("settings.walls.title")} description={t("settings.walls.hint")}>
      <Stack>
        <Verdict walls={data} />
        <Stack gap="xs">
          {Object.keys(data.walls).map((wall) => (
            <Wall key={wall} wall={wall} walls={data} />
          ))}
        </Stack>
      </Stack>
    </Panel>
  );
}

function Verdict({ walls }: { walls: WallsShape }) {
  const { t } = useTranslation();
  const verdict = !walls.running ? "none" : walls.missing.length > 0 ? "some" : "all";
  return (
    <Alert variant="light" color={{ none: "red", some: "yellow", all: "green" }[verdict]} role={verdict === "all" ? "status" : "alert"}>
      {t(`settings.walls.${verdict}`)} {walls.strict && t("settings.walls.strict")}
    </Alert>
  );
}

function Wall({ wall, walls }: { wall: string; walls: WallsShape }) {
  const { t, i18n } = useTranslation();
  const missing = walls.missing.find((each) => each.wall === wall);
  const state = walls.walls[wall] ? "stands" : missing ? "missing" : "unknown";
  return (
    <Stack gap={2}>
      <Group gap="xs" wrap="nowrap" align="baseline">
        <Badge variant="light" color={{ stands: "green", missing: "red", unknown: "gray" }[state]}>
          {t(`settings.walls.${state}`)}
        </Badge>
        <Text size="sm">
          {t(`settings.walls.names.${wall}`)}{" "}
          <Text span size="xs" c="dimmed">
            {t(walls.mandatory.includes(wall) ? "settings.walls.mandatory" : "settings.walls.optional")}
          </Text>
        </Text>
      </Group>
      {missing && (
        <Text size="sm" c="dimmed">
          {missing.meaning[i18n.language as Language]}
          {missing.reason && ` (${missing.reason})`}
        </Text>
      )}
    </Stack>
  );
}
