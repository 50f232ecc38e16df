import { Alert, Autocomplete, NumberInput, Radio, Stack, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { FolderField, type Part } from "./CollectorForm";
import type { Draft } from "./draft";

const WAYS: Draft["after"][] = ["keep", "mark", "move", "delete"];

/** What is done with letters that were collected; with all others only in a mailbox where nobody works. */
export function AfterFields({ draft, put, folders }: Part & { folders: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Radio.Group aria-label={t("intake.after.title")} value={draft.after} onChange={(after) => put({ after: after as Draft["after"] })}>
        <Stack gap="xs">
          {WAYS.map((way) => (
            <Radio key={way} value={way} label={t(`intake.after.${way}`)} description={t(`intake.afterHint.${way}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {draft.after === "mark" && (
        <Autocomplete
          required
          maw={320}
          label={t("intake.after.markLabel")}
          description={t("intake.after.markHint")}
          maxLength={65}
          data={["\\Flagged"]}
          value={draft.mark}
          onChange={(mark) => put({ mark })}
        />
      )}
      {draft.after === "move" && (
        <div style={{ maxWidth: 320 }}>
          <FolderField label={t("intake.after.folder")} value={draft.moveTo} folders={folders.filter((name) => name !== draft.folder)} onChange={(moveTo) => put({ moveTo })} />
        </div>
      )}
      {draft.after === "delete" && (
        <>
          <NumberInput
            required
            maw={320}
            label={t("intake.after.days")}
            suffix={t("intake.after.daysSuffix")}
            min={0}
            max={3650}
            allowDecimal={false}
            clampBehavior="strict"
            value={draft.deleteAfterDays}
            onChange={(deleteAfterDays) => put({ deleteAfterDays })}
          />
          <Switch label={t("intake.after.separate")} description={t("intake.after.separateHint")} checked={draft.separateMailbox} onChange={(event) => put({ separateMailbox: event.currentTarget.checked })} />
          {draft.separateMailbox && (
            <Alert color="red">
              <Text size="sm">{t("intake.after.separateAlert")}</Text>
            </Alert>
          )}
        </>
      )}
    </Stack>
  );
}
