import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Version } from "../../api/modules";
import { settingsForm } from "../../forms/module-schema";

const SchemaForm = lazy(() => import("../../forms/SchemaForm").then(({ SchemaForm: form }) => ({ default: form })));

/** The form that an account of this module asks for, as the manifest describes it. */
export function SettingsPanel({ version }: { version: Version }) {
  const { t, i18n } = useTranslation();
  const settings = version.manifest.settings as Record<string, unknown> | undefined;
  const form = useMemo(() => ({ ...settingsForm(settings ?? {}, [], ""), language: i18n.language }), [settings, i18n.language]);
  const empty = Object.keys(form.schema.properties ?? {}).length === 0;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t(empty ? "studio.noSettings" : "studio.settingsHint")}
      </Text>
      {!empty && (
        <Suspense fallback={<Skeleton h={160} />}>
          <SchemaForm schema={form.schema} uiSchema={form.uiSchema} value={{}} onChange={nothing} onSubmit={nothing} disabled>
            <></>
          </SchemaForm>
        </Suspense>
      )}
      <Button component={Link} to="/accounts" variant="default" w="fit-content" leftSection={<IconPlugConnected size={16} />}>
        {t("studio.toAccounts")}
      </Button>
    </Stack>
  );
}

const nothing = () => {};
