import { Progress, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { SystemCard } from "../../api/system";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

function useBytes(): (bytes: number) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (bytes) =>
    bytes >= GIB
      ? t("system.disk.gib", { size: format.number(Math.round((bytes / GIB) * 10) / 10) })
      : t("system.disk.mib", { size: format.number(Math.round((bytes / MIB) * 10) / 10) });
}

/** How much room there is, and what takes it. */
export function Disk({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const bytes = useBytes();
  const { folder, total, free, database, recordings } = card.disk;
  const used = total > 0 ? Math.round(((total - free) / total) * 100) : 0;
  const low = card.checks.some((one) => one.name === "disk" && !one.ok);
  return (
    <Panel title={t("system.disk.title")} description={folder}>
      <Stack gap="xs">
        <Progress value={used} color={low ? "red" : "herald"} aria-label={t("system.disk.title")} />
        <Text size="sm" className="numbers">
          {t("system.disk.free", { free: bytes(free), total: bytes(total) })}
        </Text>
        <Named
          rows={[
            [t("system.disk.database"), bytes(database)],
            [t("system.disk.recordings"), bytes(recordings)],
          ]}
        />
      </Stack>
    </Panel>
  );
}

const NAMES: Record<string, string> = { vestnik: "Vestnik", python: "Python", sqlite: "SQLite", postgresql: "PostgreSQL", kernel: "Linux" };

/** What runs here, for a report of a fault. */
export function Versions({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const rows = Object.entries(card.versions).map(([name, version]) => [NAMES[name] ?? t("system.versions.schema"), version] as [string, string]);
  return (
    <Panel title={t("system.versions.title")} description={t("system.versions.hint")}>
      <Named rows={rows} />
    </Panel>
  );
}

function Named({ rows }: { rows: [string, string][] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={2} horizontalSpacing={0}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400}>
              {name}
            </Table.Th>
            <Table.Td ta="right" c="dimmed" className="numbers" style={{ overflowWrap: "anywhere" }}>
              {value}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
