import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { card } from "../../api/card";
import type { Lead } from "../../api/leads";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";

interface Props {
  of: Pick<Lead, "number" | "responsible">[];
  busy: boolean;
  onClose: () => void;
  onChosen: (userId: string) => void;
}

/** Who is responsible from now on. */
export function AssignDialog({ of, busy, onClose, onChosen }: Props) {
  const { t } = useTranslation();
  const people = useQuery(card.owners);
  const [chosen, setChosen] = useState<string | null>(of.length === 1 ? (of[0]?.responsible?.id ?? null) : null);
  return (
    <Dialog opened onClose={onClose} title={of.length === 1 ? t("leads.assignOne", { number: of[0]?.number }) : t("leads.assignMany", { count: of.length })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen) onChosen(chosen);
        }}
      >
        <Stack>
          {people.error && <ProblemPanel problem={people.error} retry={() => void people.refetch()} />}
          <Select
            data-autofocus
            searchable
            openOnFocus={false}
            label={t("leads.responsible")}
            placeholder={t("leads.choosePerson")}
            nothingFoundMessage={t("leads.nobodyFound")}
            value={chosen}
            onChange={setChosen}
            data={(people.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          />
          <Text size="sm" c="dimmed">
            {t("leads.assignHint")}
          </Text>
          <Group justify="flex-end">
            <Button type="submit" loading={busy} disabled={!chosen}>
              {t("leads.assign")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
