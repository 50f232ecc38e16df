import { Button, Checkbox, Group, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { PanelChoice } from "../../../api/panel";
import { useFormat } from "../../../ui/format";
import classes from "./panel.module.css";

interface Props {
  choice: PanelChoice;
  checked: boolean;
  /** Fresh consent is being recorded for it. */
  open: boolean;
  busy: boolean;
  onChange: (subscribed: boolean) => void;
  unlock?: (() => void) | undefined;
}

/** One list with its check box; why it is locked, and how that opens. */
export function ChoiceLine({ choice, checked, open, busy, onChange, unlock }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const why = useId();
  // Whoever is in a list may be taken out of it, whatever keeps them from coming back.
  const locked = choice.lock !== null && !choice.subscribed && !open;
  return (
    <div className={classes.choice}>
      <Checkbox
        checked={checked}
        disabled={locked || busy}
        aria-describedby={choice.lock ? why : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
        label={
          <>
            {choice.title}
            {choice.status && (
              <span className={classes.state} data-state={choice.status}>
                {` (${t(`panel.status.${choice.status}`)})`}
              </span>
            )}
          </>
        }
      />
      {choice.lock && (
        <Group gap={6} wrap="nowrap" align="flex-start" mt={4} ml={32} id={why}>
          <IconLock size={15} style={{ flex: "none", marginTop: 2 }} aria-hidden />
          <Stack gap={4} align="flex-start">
            <Text size="xs" c="dimmed">
              {choice.lock.reason}
              {choice.lock.since && ` ${t("panel.since", { at: format.dateTime(choice.lock.since) })}`}
            </Text>
            {locked && unlock && (
              <Button size="compact-xs" variant="default" onClick={unlock} aria-label={t("panel.unlockNamed", { list: choice.title })}>
                {t("panel.unlock")}
              </Button>
            )}
          </Stack>
        </Group>
      )}
    </div>
  );
}
