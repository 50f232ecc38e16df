import { Alert, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outgoing, type Kind, type OutgoingWebhook } from "../../api/outgoing";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Attempts } from "./DeliveryDialog";

/** Sends an example of a kind now, once, and shows what came of it. */
export function TestDialog({ webhook, onClose }: { webhook: OutgoingWebhook; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const kinds = useQuery(outgoing.kinds);
  const [kind, setKind] = useState<Kind>(webhook.kinds[0] ?? "lead.created");
  const sending = useMutation({
    mutationFn: () => outgoing.test(webhook.id, kind),
    onSuccess: () => client.invalidateQueries({ queryKey: outgoing.key }),
  });
  const sent = sending.data;
  return (
    <Dialog opened onClose={onClose} title={t("outgoing.test")} size="lg">
      <Stack>
        <Text size="sm">{t("outgoing.testHint")}</Text>
        <Select
          label={t("outgoing.kind")}
          allowDeselect={false}
          data={(kinds.data ?? []).map((each) => ({ value: each.kind, label: each.title }))}
          value={kind}
          onChange={(value) => value && setKind(value as Kind)}
        />
        {sending.error && <ProblemPanel problem={sending.error} />}
        <div aria-live="polite">
          {sent && (
            <Stack gap="sm">
              {sent.state === "delivered" ? (
                <Alert color="teal" icon={<IconCheck size={18} />} title={t("outgoing.testTaken", { status: sent.lastStatus })} />
              ) : (
                <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t("outgoing.testFailed")}>
                  {sent.problem}
                </Alert>
              )}
              <Attempts attempts={sent.attempts} />
              <CodeBlock text={pretty(sent.body)} label={t("outgoing.body")} height={240} />
            </Stack>
          )}
        </div>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.close")}
          </Button>
          <Button loading={sending.isPending} onClick={() => sending.mutate()}>
            {t(sent ? "outgoing.testAgain" : "outgoing.send")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
