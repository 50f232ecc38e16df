import { Alert, Button, Group, Radio, Select, SimpleGrid, Stack, Switch, Table, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import { imports, type ImportCard, type ImportPreview, type Policy, type Reading } from "../../api/imports";
import { segments } from "../../api/segments";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { ENCODINGS } from "./encodings";
import { StopPolicy } from "./StopPolicy";
import classes from "./SetUp.module.css";

const TARGETS = ["name", "email", "phone", "company", "inn", "owner", "external_id"];
/** One word, which an address is too, is shown whole. */
const SHORT = /^\S{1,60}$/;
const STOP_TARGETS = ["address", "reason", "date"];
const NONE: Policy = { duplicates: "update", segmentId: null, categoryId: null, how: "", fromWhere: "" };

/** How an uploaded file is read, what its columns become, and what happens to those who are here already. */
export function SetUp({ card }: { card: ImportCard }) {
  const { t } = useTranslation();
  const [reading, setReading] = useState<Reading>(card.reading);
  const [columns, setColumns] = useState<(string | null)[] | null>(card.columns);
  const preview = useQuery(imports.preview(card.id, { reading, columns }));
  const reread = (change: Partial<Reading>) => {
    setReading({ ...reading, ...change });
    setColumns(null);
  };
  return (
    <Stack>
      {card.scheduleId && <Alert color="blue">{t("schedules.setUpExplained")}</Alert>}
      <FileReading reading={reading} sheets={preview.data?.sheets ?? []} onChange={reread} />
      {preview.error && <ProblemPanel problem={preview.error} />}
      {!preview.data && !preview.error && <RowsLoading />}
      {preview.data && (
        <>
          <Mapping preview={preview.data} stops={card.purpose === "suppression"} onChange={setColumns} faded={preview.isPlaceholderData} />
          <Launch card={card} preview={preview.data} waiting={preview.isPlaceholderData || preview.isError} />
        </>
      )}
    </Stack>
  );
}

function FileReading({ reading, sheets, onChange }: { reading: Reading; sheets: string[]; onChange: (change: Partial<Reading>) => void }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("imports.reading")}>
      <Group align="flex-end" gap="lg">
        {reading.format === "csv" && (
          <>
            <Select
              label={t("imports.encoding")}
              allowDeselect={false}
              value={reading.encoding ?? "utf-8"}
              data={Object.entries(ENCODINGS).map(([value, label]) => ({ value, label }))}
              onChange={(encoding) => onChange({ encoding: encoding as Reading["encoding"] })}
            />
            <Select
              label={t("imports.delimiter")}
              allowDeselect={false}
              value={reading.delimiter ?? ";"}
              data={[
                { value: ";", label: t("imports.semicolon") },
                { value: ",", label: t("imports.comma") },
                { value: "\t", label: t("imports.tab") },
                { value: "|", label: "|" },
              ]}
              onChange={(delimiter) => onChange({ delimiter: delimiter as Reading["delimiter"] })}
            />
          </>
        )}
        {sheets.length > 1 && (
          <Select label={t("imports.sheet")} allowDeselect={false} value={reading.sheet ?? sheets[0] ?? null} data={sheets} onChange={(sheet) => onChange({ sheet })} />
        )}
        <Switch mb={8} label={t("imports.header")} checked={reading.header ?? true} onChange={(event) => onChange({ header: event.currentTarget.checked })} />
      </Group>
    </Panel>
  );
}

interface MappingProps {
  preview: ImportPreview;
  stops: boolean;
  onChange: (columns: (string | null)[]) => void;
  faded: boolean;
}

function Mapping({ preview, stops, onChange, faded }: MappingProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const fields = useQuery({ ...contacts.fields, enabled: !stops }).data ?? [];
  const targets = [
    ...(stops ? STOP_TARGETS : TARGETS).map((value) => ({ value, label: t(`imports.target.${value}`) })),
    ...fields.map((field) => ({ value: `field:${field.key}`, label: localised(field.title) })),
  ];
  const choose = (place: number, target: string | null) => onChange(preview.columns.map((old, at) => (at === place ? target : old)));
  const name = (place: number) => preview.titles[place] || t("imports.column", { number: place + 1 });
  return (
    <Panel title={t("imports.mapping")} description={t("imports.mappingHint", { total: format.number(preview.total) })}>
      <Table.ScrollContainer maxHeight={460} minWidth={500} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "group", "aria-label": t("imports.mapping") } }}>
        <Table aria-label={t("imports.mapping")} className={classes.preview} style={{ opacity: faded ? 0.55 : 1 }} verticalSpacing="xs" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={60}>{t("imports.row")}</Table.Th>
              {preview.columns.map((target, place) => (
                <Table.Th key={place}>
                  <Stack gap={4} miw={170}>
                    <Text size="sm" fw={600} maw={320} truncate>
                      {name(place)}
                    </Text>
                    <Select
                      size="xs"
                      clearable
                      searchable
                      aria-label={t("imports.becomes", { column: name(place) })}
                      placeholder={t("imports.leftOut")}
                      value={target}
                      data={targets}
                      onChange={(chosen) => choose(place, chosen)}
                    />
                  </Stack>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {preview.rows.map((cells, at) => (
              <PreviewRow key={at} cells={cells} width={preview.columns.length} taken={preview.taken[at]} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function PreviewRow({ cells, width, taken }: { cells: string[]; width: number; taken: ImportPreview["taken"][number] | undefined }) {
  return (
    <>
      <Table.Tr style={taken?.reason ? { borderBottom: 0 } : undefined}>
        <Table.Td c="dimmed">{taken?.number}</Table.Td>
        {Array.from({ length: width }, (_, place) => (
          <Table.Td key={place}>
            <div className={SHORT.test(cells[place] ?? "") ? classes.short : classes.cell}>{cells[place]}</div>
          </Table.Td>
        ))}
      </Table.Tr>
      {taken?.reason && (
        <Table.Tr>
          <Table.Td />
          <Table.Td colSpan={width} pt={0}>
            <Group gap={6} c="red" wrap="nowrap">
              <IconAlertTriangle size={14} aria-hidden />
              <Text size="xs">{taken.reason}</Text>
            </Group>
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

function Launch({ card, preview, waiting }: { card: ImportCard; preview: ImportPreview; waiting: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const stops = card.purpose === "suppression";
  const [policy, setPolicy] = useState<Policy>(card.policy ?? (stops ? { ...NONE, reason: "unsubscribe" } : NONE));
  const change = (part: Partial<Policy>) => setPolicy({ ...policy, ...part });
  const starting = useMutation({
    mutationFn: () => imports.start(card.id, { reading: preview.reading, columns: preview.columns, titles: preview.titles, policy }),
    onSuccess: async (started) => {
      client.setQueryData(imports.card(card.id).queryKey, started);
      await client.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
  const removing = useMutation({
    mutationFn: () => imports.remove(card.id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["imports", "list"] });
      await client.invalidateQueries({ queryKey: ["schedules"] });
      await navigate({ to: stops ? "/stop-list" : "/imports" });
    },
    onError: tellProblem,
  });
  return (
    <Panel title={t("imports.policyTitle")}>
      <Stack gap="lg">
        {stops ? (
          <StopPolicy policy={policy} onChange={change} />
        ) : (
          <>
            <Radio.Group label={t("imports.duplicates")} description={t("imports.duplicatesHint")} value={policy.duplicates} onChange={(duplicates) => change({ duplicates: duplicates as Policy["duplicates"] })}>
              <Stack gap="xs" mt="xs">
                {(["update", "fill", "skip"] as const).map((one) => (
                  <Radio key={one} value={one} label={t(`imports.policy.${one}`)} />
                ))}
              </Stack>
            </Radio.Group>
            <Everybody policy={policy} onChange={change} />
          </>
        )}
        {starting.error && <ProblemPanel problem={starting.error} />}
        <Group justify="space-between">
          <Button variant="subtle" color="gray" leftSection={<IconTrash size={16} />} loading={removing.isPending} onClick={() => removing.mutate()}>
            {t("imports.remove")}
          </Button>
          <Button leftSection={<IconPlayerPlay size={16} />} disabled={waiting} loading={starting.isPending} onClick={() => starting.mutate()}>
            {t(card.scheduleId ? "schedules.start" : "imports.start")}
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}

function Everybody({ policy, onChange }: { policy: Policy; onChange: (part: Partial<Policy>) => void }) {
  const { t } = useTranslation();
  const mayJoin = useRight("segments.write");
  const known = useQuery(segments.list).data?.items ?? [];
  const categories = useQuery(contacts.categories).data ?? [];
  const fixed = known.filter((segment) => segment.kind === "static");
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {mayJoin && (
          <Select
            label={t("imports.segment")}
            description={t("imports.segmentHint")}
            placeholder={t("imports.noSegment")}
            clearable
            searchable
            value={policy.segmentId ?? null}
            data={fixed.map((segment) => ({ value: segment.id, label: segment.name }))}
            onChange={(segmentId) => onChange({ segmentId })}
          />
        )}
        <Select
          label={t("imports.category")}
          description={t("imports.categoryHint")}
          placeholder={t("imports.noCategory")}
          clearable
          value={policy.categoryId ?? null}
          data={categories.map((category) => ({ value: category.id, label: category.title }))}
          onChange={(categoryId) => onChange({ categoryId })}
        />
      </SimpleGrid>
      {policy.categoryId && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput required label={t("imports.evidence")} placeholder={t("imports.evidenceExample")} value={policy.how} onChange={(event) => onChange({ how: event.currentTarget.value })} />
            <TextInput label={t("imports.fromWhere")} value={policy.fromWhere} onChange={(event) => onChange({ fromWhere: event.currentTarget.value })} />
          </SimpleGrid>
          <Alert color="blue">{t("imports.neverOverwrites")}</Alert>
        </>
      )}
    </Stack>
  );
}
