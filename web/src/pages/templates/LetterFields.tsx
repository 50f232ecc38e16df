import { Badge, Code, Group, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import type { LetterField } from "../../api/templates";
import { localised } from "../../i18n";
import { Panel } from "../../ui/Panel";

const CUSTOM = "fields.";

/** The fields that a letter leaves to its recipient, and who fills each of them in. */
export function LetterFields({ fields }: { fields: LetterField[] }) {
  const { t } = useTranslation();
  return (
    <Panel title={t("templates.fields")} description={fields.length > 0 ? t("templates.fieldsHint") : undefined}>
      {fields.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("templates.noFields")}
        </Text>
      )}
      <List listStyleType="none" spacing="sm" aria-label={t("templates.fields")}>
        {fields.map((field) => (
          <List.Item key={field.name} styles={{ itemWrapper: { width: "100%" }, itemLabel: { width: "100%" } }}>
            <Field field={field} />
          </List.Item>
        ))}
      </List>
    </Panel>
  );
}

function Field({ field }: { field: LetterField }) {
  const { t } = useTranslation();
  const filled = useFiller(field);
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Code fz="sm" style={{ overflowWrap: "anywhere" }}>
          {field.name}
        </Code>
        {field.inSubject && <Badge color="gray">{t("templates.inSubject")}</Badge>}
        {field.inBody && <Badge color="gray">{t("templates.inBody")}</Badge>}
      </Group>
      <Text size="sm" c={field.filler === "unknown" ? undefined : "dimmed"}>
        {filled}
        {field.hasFallback && `. ${t("templates.fallback")}`}
      </Text>
    </Stack>
  );
}

function useFiller(field: LetterField): string {
  const { t } = useTranslation();
  const custom = useQuery(contacts.fields).data ?? [];
  const value = field.value ?? "";
  if (field.filler !== "contact") return t(`templates.filler.${field.filler}`);
  if (!value.startsWith(CUSTOM)) return t(`templates.value.${value}`);
  const key = value.slice(CUSTOM.length);
  const known = custom.find((each) => each.key === key);
  return t("templates.value.custom", { title: localised(known?.title) || key });
}
