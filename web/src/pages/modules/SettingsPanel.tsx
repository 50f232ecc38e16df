import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBraces, IconPlugConnected } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ModuleCard, Version } from "../../api/modules";
import { useRight } from "../../api/session";
import { settingsForm } from "../../forms/module-schema";
import { EditManifest } from "./EditManifest";

const SchemaForm = lazy(() => import("../../forms/SchemaForm").then(({ SchemaForm: form }) => ({ default: form })));

/** The form that an account of this module asks for, as the manifest describes it. */
export function SettingsPanel({ card, version }: { card: ModuleCard; version: Version }) {
  const { t, i18n } = useTranslation();
  const writes = useRight("modules.write");
  const [editing, edit] = useDisclosure();
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
      <Group gap="xs">
        {writes && (
          <Button variant="default" leftSection={<IconBraces size={16} />} onClick={edit.open}>
            {t("studio.editManifest")}
          </Button>
        )}
        <Button component={Link} to="/accounts" variant="default" leftSection={<IconPlugConnected size={16} />}>
          {t("studio.toAccounts")}
        </Button>
      </Group>
      {writes && <EditManifest card={card} saved={version} opened={editing} onClose={edit.close} />}
    </Stack>
  );
}

const nothing = () => {};
