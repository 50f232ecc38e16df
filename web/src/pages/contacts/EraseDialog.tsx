import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { privacy } from "../../api/card";
import type { ContactCard } from "../../api/contacts";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Erasing cannot be taken back, so the name has to be typed. */
export function EraseDialog({ contact, onClose }: { contact: ContactCard; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const erasing = useMutation({
    mutationFn: () => privacy.erase(contact.id),
    onSuccess: async () => {
      tell(t("privacy.erased"));
      await navigate({ to: "/erasures" });
      client.removeQueries({ queryKey: ["contacts"] });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t("privacy.eraseTitle", { name: contact.name })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          erasing.mutate();
        }}
      >
        <Stack>
          {erasing.error && <ProblemPanel problem={erasing.error} />}
          <Alert color="red">{t("privacy.eraseText")}</Alert>
          <Text size="sm">{t("privacy.eraseLeft")}</Text>
          <TextInput
            data-autofocus
            autoComplete="off"
            label={t("privacy.typeName", { name: contact.name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" color="red" disabled={typed.trim() !== contact.name.trim()} loading={erasing.isPending}>
              {t("privacy.eraseConfirm")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
