import { Alert, Button, Group, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outgoing } from "../../api/outgoing";
import { CopyField } from "../../ui/CopyField";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { isWhole, OutgoingFields, type Draft } from "./OutgoingFields";

const EMPTY: Draft = { title: "", url: "", kinds: ["lead.created"], private: false };

/** Makes an outgoing webhook, and shows its secret. */
export function NewOutgoing({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const creation = useMutation({
    mutationFn: () => outgoing.add(draft),
    onSuccess: () => client.invalidateQueries({ queryKey: outgoing.key }),
  });
  if (creation.data) {
    return (
      <Dialog opened onClose={onClose} title={t("outgoing.ready")} size="lg">
        <Stack>
          <Alert color="yellow">{t("outgoing.keepSecret")}</Alert>
          <CopyField label={t("outgoing.secret")} value={creation.data.secret} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.close")}
            </Button>
            <Button component={Link} to={`/settings/webhooks/${creation.data.webhook.id}`}>
              {t("outgoing.toWebhook")}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog opened onClose={onClose} title={t("outgoing.add")} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          creation.mutate();
        }}
      >
        <Stack>
          {creation.error && <ProblemPanel problem={creation.error} />}
          <OutgoingFields draft={draft} onChange={setDraft} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!isWhole(draft)} loading={creation.isPending}>
              {t("outgoing.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
