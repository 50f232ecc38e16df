import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconKey, IconPlugConnectedX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { classic } from "../../api/intake";
import { useSession } from "../../api/session";
import { CodeBlock } from "../../ui/CodeBlock";
import { CopyField } from "../../ui/CopyField";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ask, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { classicCalls } from "./examples";

type Call = keyof ReturnType<typeof classicCalls>;

/** The key with which sites call the leads API that they know. */
export function Classic() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const { email } = useSession().user;
  const { data, error, refetch } = useQuery(classic.card);
  const [key, setKey] = useState<string>();
  const [call, setCall] = useState<Call>("add");
  const refresh = () => client.invalidateQueries({ queryKey: ["classic-key"] });
  const making = useMutation({
    mutationFn: classic.make,
    onSuccess: async (made) => {
      setKey(made.key);
      await refresh();
    },
    onError: tellProblem,
  });
  const dropping = useMutation({ mutationFn: classic.drop, onSuccess: refresh, onError: tellProblem });
  if (error && !data) return <ProblemPanel problem={error} retry={() => void refetch()} />;
  if (!data) return <RowsLoading rows={4} />;
  const make = () => {
    if (!data.on) return making.mutate();
    ask({ title: t("intake.classic.changeTitle"), text: t("intake.classic.changeText"), confirm: t("intake.classic.change"), danger: true, onConfirm: () => making.mutate() });
  };
  const drop = () =>
    ask({ title: t("intake.classic.offTitle"), text: t("intake.classic.offText"), confirm: t("intake.classic.turnOff"), danger: true, onConfirm: () => dropping.mutate() });
  const calls = classicCalls(data.address, email);
  return (
    <Stack>
      <Panel title={t("intake.classic.title")} description={t("intake.classic.lead")}>
        <Stack gap="sm" maw={760}>
          <Text size="sm">{data.on ? t("intake.classic.on", { hint: data.hint ?? "", at: format.dateTime(data.madeAt) }) : t("intake.classic.off")}</Text>
          <CopyField label={t("intake.classic.address")} value={data.address} />
          <Group gap="xs">
            <Button leftSection={<IconKey size={16} />} variant={data.on ? "default" : "filled"} loading={making.isPending} onClick={make}>
              {data.on ? t("intake.classic.change") : t("intake.classic.make")}
            </Button>
            {data.on && (
              <Button variant="default" leftSection={<IconPlugConnectedX size={16} />} loading={dropping.isPending} onClick={drop}>
                {t("intake.classic.turnOff")}
              </Button>
            )}
          </Group>
        </Stack>
      </Panel>
      <Panel title={t("intake.classic.examples")} description={t("intake.classic.examplesHint")}>
        <Stack gap="sm">
          <SegmentedControl aria-label={t("intake.classic.examples")} w="fit-content" value={call} onChange={(value) => setCall(value as Call)} data={Object.keys(calls)} />
          <CodeBlock text={calls[call]} label={t("intake.classic.examples")} />
        </Stack>
      </Panel>
      <Dialog opened={key !== undefined} onClose={() => setKey(undefined)} title={t("intake.classic.made")}>
        <Stack>
          <Text size="sm">{t("intake.classic.once")}</Text>
          {key && <CopyField label={t("intake.classic.key")} value={key} />}
          <Group justify="flex-end">
            <Button onClick={() => setKey(undefined)}>{t("intake.classic.kept")}</Button>
          </Group>
        </Stack>
      </Dialog>
    </Stack>
  );
}
