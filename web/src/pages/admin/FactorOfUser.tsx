import { Badge, Button, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { factor } from "../../api/factor";
import type { User } from "../../api/people";
import { useSession } from "../../api/session";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Whether a user confirms signing in by a code, and how that is taken off who lost the phone. */
export function FactorOfUser({ user }: { user: User }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const isOneself = useSession().user.id === user.id;
  const { data, error, refetch } = useQuery(factor.of(user.id));
  const taking = useMutation({
    mutationFn: () => factor.takeOff(user.id),
    onSuccess: async () => {
      tell(t("factor.takenOff"));
      await client.invalidateQueries({ queryKey: ["factor"] });
    },
    onError: tellProblem,
  });
  const confirm = () =>
    ask({
      title: t("factor.takeOffTitle", { name: user.name }),
      text: t("factor.takeOffText"),
      confirm: t("factor.takeOff"),
      danger: true,
      onConfirm: () => taking.mutate(),
    });
  return (
    <Panel
      title={t("factor.title")}
      actions={data && <Badge color={data.since ? "teal" : "gray"}>{t(data.since ? "factor.isOn" : "factor.isOff")}</Badge>}
    >
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data && (
        <Text size="sm" mb={data.since && !isOneself ? "md" : 0}>
          {data.since
            ? `${t("factor.since", { at: format.moment(data.since) })} ${t("factor.codesLeft", { count: data.codesLeft })}`
            : t(data.required ? "factor.userAsked" : "factor.userOff")}
        </Text>
      )}
      {data?.since && !isOneself && (
        <Button variant="default" loading={taking.isPending} onClick={confirm}>
          {t("factor.takeOff")}
        </Button>
      )}
    </Panel>
  );
}
