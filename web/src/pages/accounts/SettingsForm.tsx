import { Button, Group } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SettingValues } from "../../api/accounts";
import { settingsForm, withoutEmptySecrets } from "../../forms/module-schema";
import { SchemaForm } from "../../forms/SchemaForm";
import type { Refusal } from "./connecting";

interface Props {
  settings: Record<string, unknown>;
  secretsSet: string[];
  initial: Record<string, unknown>;
  busy: boolean;
  action: string;
  onSave: (settings: SettingValues) => void;
  readOnly?: boolean;
  /** The setting that the service did not accept: it is said at its field until that is changed. */
  refused?: Refusal | null;
}

/** An account's settings, as its module's manifest describes them. */
export function SettingsForm({ settings, secretsSet, initial, busy, action, onSave, readOnly, refused }: Props) {
  const { t, i18n } = useTranslation();
  const [values, setValues] = useState(initial);
  // What was refused, once its field says something else.
  const [mended, setMended] = useState<Refusal | null>(null);
  const kept = t("accounts.secretKept");
  const form = useMemo(
    () => ({ ...settingsForm(settings, secretsSet, kept), language: i18n.language }),
    [settings, secretsSet, kept, i18n.language],
  );
  const change = (next: Record<string, unknown>) => {
    if (refused?.setting && next[refused.setting] !== values[refused.setting]) setMended(refused);
    setValues(next);
  };
  const words = refused && refused !== mended && !busy ? refused : null;
  const said = useMemo(() => (words?.setting ? { [words.setting]: words.words } : undefined), [words]);
  return (
    <SchemaForm
      schema={form.schema}
      uiSchema={form.uiSchema}
      value={values}
      onChange={change}
      said={said}
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
