import { ActionIcon, Button, Group, Select, Stack, TagsInput, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { TARGETS, type MappedNames, type Target } from "../../api/intake";

const NAMES = 20;

/** Our fields, each with the names that a site has for it. */
export function MappingEditor({ value, onChange }: { value: MappedNames[]; onChange: (mapping: MappedNames[]) => void }) {
  const { t } = useTranslation();
  const free = TARGETS.filter((target) => value.every((one) => one.target !== target));
  const put = (place: number, change: Partial<MappedNames>) => onChange(value.map((one, at) => (at === place ? { ...one, ...change } : one)));
  const named = (target: Target) => ({ value: target, label: t(`intake.target.${target}`) });
  const next = free[0];
  return (
    <Stack gap="xs">
      {value.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("intake.mappingNone")}
        </Text>
      )}
      {value.map((one, place) => (
        <Group key={one.target} gap="xs" align="flex-start" wrap="nowrap">
          <Group gap="xs" grow flex={1} align="flex-start">
            <Select
              aria-label={t("intake.ourField")}
              allowDeselect={false}
              searchable
              miw={150}
              data={[one.target, ...free].map(named)}
              value={one.target}
              onChange={(target) => target && put(place, { target: target as Target })}
            />
            <TagsInput
              aria-label={t("intake.theirNames", { field: t(`intake.target.${one.target}`) })}
              placeholder={one.names.length === 0 ? t("intake.theirNamesHint") : undefined}
              miw={150}
              maxTags={NAMES}
              acceptValueOnBlur
              value={one.names}
              onChange={(names) => put(place, { names })}
            />
          </Group>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={t("intake.mappingRemove", { field: t(`intake.target.${one.target}`) })}
            onClick={() => onChange(value.filter((_, at) => at !== place))}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      {next && (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...value, { target: next, names: [] }])}
        >
          {t("intake.mappingAdd")}
        </Button>
      )}
    </Stack>
  );
}

/** What is sent: fields without any name are left out. */
export const whole = (mapping: MappedNames[]) => mapping.filter((one) => one.names.length > 0);
