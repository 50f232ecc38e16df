import { Accordion, ActionIcon, Box, Text, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Contract, ContractFunction } from "../../api/contract";
import { modules } from "../../api/modules";
import { useRight } from "../../api/session";
import { currentLanguage, localised } from "../../i18n";
import { tellProblem } from "../../ui/notices";
import { shortName } from "./run/inputs";
import classes from "./Studio.module.css";

interface Props {
  contract: Contract;
  /** Names of the functions that the text in the editor defines. */
  present: string[];
  moduleId: string;
  source: string;
  onSource: (source: string) => void;
  onTry: (name: string) => void;
}

/** Every function of the contract: which are there, which are missing, what each is for. */
export function FunctionList({ contract, present, moduleId, source, onSource, onTry }: Props) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  const scaffold = useMutation({
    mutationFn: (name: string) => modules.scaffold(moduleId, { source, function: name, language: currentLanguage() }),
    onSuccess: (made) => onSource(made.source),
    onError: tellProblem,
  });
  const row = (one: ContractFunction) => (
    <FunctionRow
      key={one.name}
      described={one}
      present={present.includes(one.name)}
      onTry={() => onTry(one.name)}
      onAdd={writes && !scaffold.isPending ? () => scaffold.mutate(one.name) : undefined}
    />
  );
  const required = contract.functions.filter((one) => one.required);
  const optional = contract.functions.filter((one) => !one.required);
  const count = t("studio.functionCount", { present: present.length, all: contract.functions.length });
  return (
    <nav className={classes.functions} aria-label={t("studio.functions")}>
      <Accordion defaultValue={null} hiddenFrom="lg" variant="contained">
        <Accordion.Item value="all">
          <Accordion.Control>
            <Text size="sm" fw={600} component="span">
              {count}
            </Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Part title={t("studio.required")}>{required.map(row)}</Part>
            <Part title={t("studio.optional")}>{optional.map(row)}</Part>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      <Box className={classes.functionColumn} tabIndex={0} role="region" aria-label={count}>
        <Text size="sm" fw={600} mb={6}>
          {count}
        </Text>
        <Part title={t("studio.required")}>{required.map(row)}</Part>
        <Part title={t("studio.optional")}>{optional.map(row)}</Part>
      </Box>
    </nav>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Text size="xs" c="dimmed" fw={600} mt={6} mb={2}>
        {title}
      </Text>
      <ul>{children}</ul>
    </section>
  );
}

interface RowProps {
  described: ContractFunction;
  present: boolean;
  onTry: () => void;
  onAdd: (() => void) | undefined;
}

function FunctionRow({ described, present, onTry, onAdd }: RowProps) {
  const { t } = useTranslation();
  const short = shortName(described.name);
  return (
    <li className={classes.function}>
      <Tooltip label={`${localised(described.title)}. ${localised(described.description)}`} position="right">
        {present ? (
          <UnstyledButton className={classes.functionName} aria-label={t("studio.tryNamed", { name: described.name })} onClick={onTry}>
            <IconCircleCheck size={15} color="var(--mantine-color-teal-6)" aria-hidden />
            <span>{short}</span>
          </UnstyledButton>
        ) : (
          <span className={classes.functionName} data-missing={described.required ? "required" : "optional"}>
            <IconCircleDashed size={15} aria-hidden />
            <span>{short}</span>
            {described.required && <VisuallyHidden>{t("studio.missing")}</VisuallyHidden>}
          </span>
        )}
      </Tooltip>
      {!present && onAdd && (
        <ActionIcon size="sm" variant="subtle" aria-label={t("studio.addNamed", { name: described.name })} onClick={onAdd}>
          <IconPlus size={14} />
        </ActionIcon>
      )}
    </li>
  );
}
