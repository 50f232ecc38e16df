import { Button, Group } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SettingValues } from "../../api/accounts";
import { settingsForm, withoutEmptySecrets } from "../../forms/module-schema";
import { SchemaForm } from "../../forms/SchemaForm";

interface Props {
  settings: Record<string, unknown>;
  secretsSet: string[];
  initial: Record<string, unknown>;
  busy: boolean;
  action: string;
  onSave: (settings: SettingValues) => void;
  readOnly?: boolean;
}

/** An account's settings, as its module's manifest describes them. */
export function SettingsForm({ settings, secretsSet, initial, busy, action, onSave, readOnly }: Props) {
  const { t, i18n } = useTranslation();
  const [values, setValues] = useState(initial);
  const kept = t("accounts.secretKept");
  const form = useMemo(
    () => ({ ...settingsForm(settings, secretsSet, kept), language: i18n.language }),
    [settings, secretsSet, kept, i18n.language],
  );
  return (
    <SchemaForm
      schema={form.schema}
      uiSchema={form.uiSchema}
      value={values}
      onChange={setValues}
      onSubmit={() => onSave(withoutEmptySecrets(values, form.secrets) as SettingValues)}
      disabled={readOnly}
    >
      <Group justify="flex-end" mt="md">
        {!readOnly && (
          <Button type="submit" loading={busy}>
            {action}
          </Button>
        )}
      </Group>
    </SchemaForm>
  );
}
