import { Alert, Button, Checkbox, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { embedKeys } from "../../../api/panel";
import { useSession } from "../../../api/session";
import { CopyField } from "../../../ui/CopyField";
import { DayPicker } from "../../../ui/DayPicker";
import { Dialog } from "../../../ui/Dialog";
import { ProblemPanel } from "../../../ui/ProblemPanel";
import { instantOf } from "../../../ui/zones";
import { Examples } from "./Examples";

/** Makes a key; its secret is shown once, in an example that works. */
export function NewEmbedKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { timezone } = useSession().organisation;
  const [name, setName] = useState("");
  const [sites, setSites] = useState("");
  const [mayChange, setMayChange] = useState(false);
  const [day, setDay] = useState<string | null>(null);
  const origins = sites.split(/[\s,]+/).filter(Boolean);
  const creation = useMutation({
    mutationFn: () => embedKeys.add({ name, origins, mayChange, expiresAt: day && instantOf(`${day} 23:59`, timezone) }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["embed-keys"] }),
  });
  if (creation.data) {
    return (
      <Dialog opened onClose={onClose} title={t("embedding.ready")} size="xl">
        <Stack>
          <Alert color="yellow">{t("embedding.once")}</Alert>
          <CopyField label={t("embedding.secret")} value={creation.data.secret} />
          <Examples keyId={creation.data.id} secret={creation.data.secret} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.close")}</Button>
          </Group>
        </Stack>
      </Dialog>
    );
  }
  return (
    <Dialog opened onClose={onClose} title={t("embedding.add")} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          creation.mutate();
        }}
      >
        <Stack>
          {creation.error && <ProblemPanel problem={creation.error} />}
          <TextInput
            data-autofocus
            required
            label={t("common.name")}
            description={t("embedding.nameHint")}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            required
            autosize
            minRows={2}
            label={t("embedding.origins")}
            description={t("embedding.originsHint")}
            placeholder="https://crm.example.ru"
            value={sites}
            onChange={(event) => setSites(event.currentTarget.value)}
          />
          <Checkbox
            label={t("embedding.mayChange")}
            description={t("embedding.mayChangeHint")}
            checked={mayChange}
            onChange={(event) => setMayChange(event.currentTarget.checked)}
          />
          <DayPicker label={t("embedding.expires")} description={t("embedding.expiresHint")} value={day} onChange={setDay} />
          <Group justify="flex-end">
            <Button type="submit" disabled={!name.trim() || origins.length === 0} loading={creation.isPending}>
              {t("embedding.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
