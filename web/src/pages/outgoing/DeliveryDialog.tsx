import { Alert, Button, Code, Group, Stack, Text, Title } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { outgoing, type OutgoingDeliveryCard } from "../../api/outgoing";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { StatusBadge } from "../../ui/StatusBadge";

interface Props {
  id: string;
  /** Absent while the webhook is off: it is sent nothing. */
  onAgain: ((id: string) => void) | undefined;
  onClose: () => void;
}

/** One message: what was sent, each attempt, and what the receiver answered. */
export function DeliveryDialog({ id, onAgain, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, isPending, refetch } = useQuery(outgoing.delivery(id));
  return (
    <Dialog opened onClose={onClose} title={t("outgoing.delivery")} size="xl">
      {isPending && <RowsLoading rows={4} />}
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {data && (
        <Stack gap="sm">
          <div>
            <Field label={t("common.state")}>
              <StatusBadge kind="outgoingDelivery" state={data.state} />
            </Field>
            <Field label={t("outgoing.kind")}>
              <Code>{data.kind}</Code>
            </Field>
            <Field label={t("outgoing.happened")}>{format.exact(data.at)}</Field>
            {data.nextAt && <Field label={t("outgoing.next")}>{format.exact(data.nextAt)}</Field>}
            <Field label="webhook-id">
              <Code>{data.messageId}</Code>
            </Field>
          </div>
          {data.problem && data.state !== "delivered" && <Alert color="red">{data.problem}</Alert>}
          <Attempts attempts={data.attempts} />
          <CodeBlock text={pretty(data.body)} label={t("outgoing.body")} />
          {onAgain && (
            <Group justify="flex-end">
              <Button leftSection={<IconRefresh size={16} />} onClick={() => onAgain(data.id)}>
                {t("outgoing.again")}
              </Button>
            </Group>
          )}
        </Stack>
      )}
    </Dialog>
  );
}

/** When it was tried, how long that took, and what was answered; the latest last. */
export function Attempts({ attempts }: Pick<OutgoingDeliveryCard, "attempts">) {
  const { t } = useTranslation();
  const format = useFormat();
  if (attempts.length === 0) return <Text size="sm">{t("outgoing.notTried")}</Text>;
  return (
    <section>
      <Title order={3} fz="sm" mb={4}>
        {t("outgoing.attempts")}
      </Title>
      <Stack gap={2} component="ol" m={0} pl="lg">
        {attempts.map((attempt) => (
          <Text key={attempt.at} size="sm" component="li" style={{ overflowWrap: "anywhere" }}>
            {t("outgoing.attempt", { at: format.exact(attempt.at), ms: format.number(attempt.ms) })}
            {": "}
            {attempt.problem ?? t("outgoing.taken", { status: attempt.status })}
          </Text>
        ))}
      </Stack>
    </section>
  );
}
