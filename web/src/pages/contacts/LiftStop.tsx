import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { contacts, type AddressKind } from "../../api/contacts";
import type { StopEntry } from "../../api/stop-list";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  entry: StopEntry;
  kind: AddressKind;
  address: string;
  onClose: () => void;
  done?: () => void;
}

/** Takes an address off the list on a ground that somebody answers for. */
export function LiftStop({ entry, kind, address, onClose, done }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ground, setGround] = useState("");
  const how = ground.trim();
  const lifting = useMutation({
    mutationFn: () => contacts.lift({ kind, address, categoryId: entry.categoryId, how }),
    onSuccess: async () => {
      tell(t("contacts.lifted", { address }));
      onClose();
      done?.();
      await Promise.all(["stop-list", "contacts"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t("contacts.liftTitle", { address })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (how) lifting.mutate();
        }}
      >
        <Stack>
          {entry.reason === "unsubscribe" ? (
            <Alert color="orange">{t("stopList.liftUnsubscribe")}</Alert>
          ) : (
            <Text size="sm">{t("stopList.liftText")}</Text>
          )}
          {lifting.error && <ProblemPanel problem={lifting.error} />}
          <Textarea
            data-autofocus
            required
            label={t("stopList.ground")}
            placeholder={t("stopList.groundExample")}
            maxLength={500}
            autosize
            minRows={2}
            value={ground}
            onChange={(event) => setGround(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={!how} loading={lifting.isPending}>
              {t("stopList.lift")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
