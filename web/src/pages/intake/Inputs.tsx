import { Alert, Anchor, Button, Checkbox, List, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconInbox, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { inputs, type Input } from "../../api/intake";
import { useSession } from "../../api/session";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { useListState } from "../../ui/list-state";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { Column } from "../../ui/Rows";
import { InputState } from "./InputState";

const STATES: Input["state"][] = ["unreadable", "set_aside", "new", "read"];

/** What may be read again: it came by a way that reads, and made no lead yet. */
const mends = (input: Input) => input.state !== "read" && input.state !== "new" && !input.isErased && (input.door === "letter" || input.door === "http");

/** Everything that came in, first of all what could not be read. */
export default function InputsPage() {
  const { t } = useTranslation();
  const list = useListState();
  const { rights } = useSession().user;
  const works = rights.includes("leads.write") || rights.includes("intake.manage");
  const known = STATES.find((state) => state === list.state);
  const source = useQuery(inputs.list({ offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE, state: known }));
  const [chosen, setChosen] = useState<string[]>([]);
  const columns = useColumns(works ? { chosen, setChosen } : undefined);
  const counts = source.data?.counts;
  const mendable = works ? (source.data?.items ?? []).filter(mends) : [];
  const filter = (
    <SegmentedControl
      aria-label={t("intake.inputs.filter")}
      style={{ flexWrap: "wrap" }}
      value={known ?? "all"}
      onChange={(state) => {
        setChosen([]);
        list.set({ state: state === "all" ? undefined : state, page: undefined });
      }}
      data={[{ value: "all", label: t("intake.inputs.all") }, ...STATES.map((state) => ({ value: state, label: `${t(`intake.inputs.is.${state}`)}${counts ? ` ${counts[state] ?? 0}` : ""}` }))]}
    />
  );
  return (
    <>
      <PageHeader
        title={known === "unreadable" ? t("intake.inputs.unreadable") : t("intake.inputs.title")}
        description={t("intake.inputs.description")}
        back={rights.includes("intake.manage") ? { to: "/settings/intake", label: t("intake.title") } : undefined}
        actions={works && <ReadMany chosen={chosen} onDone={() => setChosen([])} />}
      />
      <DataList<Input>
        label={t("intake.inputs.title")}
        source={source}
        list={list}
        columns={columns}
        filters={
          <>
            {filter}
            {mendable.length > 1 && (
              <Checkbox
                label={t("intake.inputs.chooseAll")}
                checked={mendable.every((input) => chosen.includes(input.id))}
                indeterminate={chosen.length > 0 && !mendable.every((input) => chosen.includes(input.id))}
                onChange={(event) => setChosen(event.currentTarget.checked ? mendable.map((input) => input.id) : [])}
              />
            )}
          </>
        }
        empty={<EmptyState icon={IconInbox} title={t("intake.inputs.none")} text={t("intake.inputs.noneHint")} />}
      />
    </>
  );
}

function ReadMany({ chosen, onDone }: { chosen: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const reading = useMutation({
    mutationFn: () => inputs.readMany(chosen),
    onSuccess: async () => {
      onDone();
      await client.invalidateQueries({ queryKey: ["inputs"] });
    },
  });
  const failed = reading.data?.items.filter((one) => one.problem) ?? [];
  const made = (reading.data?.items.length ?? 0) - failed.length;
  return (
    <Stack gap="xs" align="flex-end">
      <Button leftSection={<IconRefresh size={16} />} disabled={chosen.length === 0} loading={reading.isPending} onClick={() => reading.mutate()}>
        {t("intake.inputs.readChosen", { count: chosen.length })}
      </Button>
      {reading.error && <ProblemPanel problem={reading.error} />}
      {reading.data && (
        <Alert color={failed.length > 0 ? "yellow" : "teal"} role="status" maw={480} withCloseButton closeButtonLabel={t("common.close")} onClose={() => reading.reset()} title={t("intake.inputs.madeLeads", { count: made })}>
          {failed.length > 0 && (
            <List size="sm">
              {failed.map((one) => (
                <List.Item key={one.id}>
                  <Anchor component={Link} to="/leads/inputs/$id" params={{ id: one.id } as never} size="sm">
                    {t("intake.inputs.number", { number: one.id })}
                  </Anchor>
                  {": "}
                  {one.problem}
                </List.Item>
              ))}
            </List>
          )}
        </Alert>
      )}
    </Stack>
  );
}

interface Choice {
  chosen: string[];
  setChosen: (ids: string[]) => void;
}

function useColumns(choice: Choice | undefined): Column<Input>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: "title",
      title: t("intake.inputs.input"),
      render: (input) => {
        const name = input.title || t("intake.inputs.number", { number: input.id });
        return (
          <Stack gap={2}>
            <div style={{ display: "flex", gap: 10, alignItems: "center" }}>
              {choice && mends(input) && (
                <Checkbox
                  aria-label={t("intake.inputs.choose", { name })}
                  checked={choice.chosen.includes(input.id)}
                  onChange={(event) => choice.setChosen(event.currentTarget.checked ? [...choice.chosen, input.id] : choice.chosen.filter((id) => id !== input.id))}
                />
              )}
              <Anchor component={Link} to="/leads/inputs/$id" params={{ id: input.id } as never} fw={550} style={{ overflowWrap: "anywhere" }}>
                {name}
              </Anchor>
            </div>
            {input.reason && (
              <Text size="sm" c="dimmed">
                {input.reason.text}
              </Text>
            )}
          </Stack>
        );
      },
    },
    { key: "state", title: t("common.state"), width: 160, render: (input) => <InputState state={input.state} /> },
    {
      key: "source",
      title: t("intake.inputs.source"),
      width: 220,
      render: (input) => (
        <Stack gap={0}>
          <span>{input.source || t(`intake.way.${input.door}`)}</span>
          <Text size="xs" c="dimmed">
            {input.source ? t(`intake.way.${input.door}`) : ""}
            {input.isTry && ` · ${t("intake.inputs.try")}`}
          </Text>
        </Stack>
      ),
    },
    { key: "at", title: t("intake.inputs.received"), width: 170, render: (input) => format.dateTime(input.receivedAt) },
  ];
}
