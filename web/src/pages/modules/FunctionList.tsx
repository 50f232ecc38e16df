import { Badge, Box, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Contract, ContractFunction } from "../../api/contract";
import { localised } from "../../i18n";

interface Props {
  contract: Contract;
  /** Names of the functions that the text in the editor defines. */
  present: string[];
  onTry: (name: string) => void;
}

/** Every function of the contract: which are there, which are missing, what each is for. */
export function FunctionList({ contract, present, onTry }: Props) {
  const { t } = useTranslation();
  const required = contract.functions.filter((one) => one.required);
  const optional = contract.functions.filter((one) => !one.required);
  return (
    <Stack gap="lg" mah="calc(100vh - 330px)" style={{ overflow: "auto" }} tabIndex={0} role="region" aria-label={t("studio.functions")}>
      <Part title={t("studio.required")} functions={required} present={present} onTry={onTry} />
      <Part title={t("studio.optional")} functions={optional} present={present} onTry={onTry} />
    </Stack>
  );
}

function Part({ title, functions, present, onTry }: { title: string; functions: ContractFunction[]; present: string[]; onTry: (name: string) => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <Text size="xs" c="dimmed" fw={600}>
        {title}
      </Text>
      {functions.map((one) => (
        <Group key={one.name} wrap="nowrap" gap="xs">
          <Tooltip label={localised(one.description)} position="left">
            <Box flex={1} miw={0}>
              <Text size="sm" ff="monospace" truncate>
                {one.name.replace("CRM_Marketing_", "")}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {localised(one.title)}
              </Text>
            </Box>
          </Tooltip>
          {present.includes(one.name) ? (
            <Button
              size="compact-sm"
              variant="light"
              leftSection={<IconPlayerPlay size={13} />}
              aria-label={t("studio.tryNamed", { name: one.name })}
              onClick={() => onTry(one.name)}
            >
              {t("studio.try")}
            </Button>
          ) : (
            <Badge color={one.required ? "red" : "gray"}>{t("studio.missing")}</Badge>
          )}
        </Group>
      ))}
    </Stack>
  );
}
