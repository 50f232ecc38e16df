import { Button, Kbd, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { RESULTS, type Lead, type LeadResult } from "../../api/leads";
import { Dialog } from "../../ui/Dialog";
import { keysOn, useKeys } from "./keys";

interface Props {
  of: Pick<Lead, "number">[];
  busy: boolean;
  onClose: () => void;
  onChosen: (result: LeadResult) => void;
}

/** With which result; by a press of its button or of its number. */
export function CloseDialog({ of, busy, onClose, onChosen }: Props) {
  const { t } = useTranslation();
  useKeys(Object.fromEntries(RESULTS.map((result, place) => [String(place + 1), () => onChosen(result)])), { inDialog: true });
  return (
    <Dialog opened onClose={onClose} title={of.length === 1 ? t("leads.closeOne", { number: of[0]?.number }) : t("leads.closeMany", { count: of.length })}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">
          {t("leads.closeHint")}
        </Text>
        {RESULTS.map((result, place) => (
          <Button
            key={result}
            data-autofocus={place === 0 || undefined}
            variant="default"
            justify="space-between"
            disabled={busy}
            rightSection={keysOn() && <Kbd aria-hidden>{place + 1}</Kbd>}
            onClick={() => onChosen(result)}
          >
            {t(`leads.result.${result}`)}
          </Button>
        ))}
      </Stack>
    </Dialog>
  );
}
