import { Button, Group, Kbd, Select, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import type { Contract } from "../../api/contract";
import { modules, type ModuleCard } from "../../api/modules";
import { CodeEditor } from "../../editor/CodeEditor";
import { localised } from "../../i18n";
import { Outcome } from "../../trace/Outcome";
import { ProblemPanel } from "../../ui/ProblemPanel";
import classes from "./Studio.module.css";

interface Props {
  card: ModuleCard;
  contract: Contract;
  source: string;
  name: string;
  onName: (name: string) => void;
  runner: Ref<HTMLButtonElement>;
}

/** Runs one function of the text in the editor on arguments that begin as the contract's sample. */
export function RunPanel({ card, contract, source, name, onName, runner }: Props) {
  const { t } = useTranslation();
  const own = useQuery(accounts.ofModule(card.id)).data?.items ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const text = texts[name] ?? sample(contract, name);
  const parsed = parse(text);
  const accountId = chosen ?? own[0]?.id ?? null;
  const run = useMutation({
    mutationFn: (input: Record<string, unknown>) =>
      modules.run(card.id, { function: name, arguments: input, source, ...(accountId ? { accountId } : {}) }),
  });
  return (
    <Stack gap="sm">
      <Select
        label={t("studio.function")}
        searchable
        selectFirstOptionOnChange
        onFocus={(event) => event.currentTarget.select()}
        allowDeselect={false}
        value={name}
        onChange={(value) => value && onName(value)}
        data={contract.functions.map((one) => ({ value: one.name, label: `${one.name.replace("CRM_Marketing_", "")} · ${localised(one.title)}` }))}
      />
      <Select
        label={t("studio.account")}
        description={own.length ? undefined : t("studio.noAccount")}
        disabled={own.length === 0}
        allowDeselect={false}
        placeholder={t("studio.noAccountShort")}
        value={accountId}
        onChange={setChosen}
        data={own.map((account) => ({ value: account.id, label: account.title }))}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t("studio.arguments")}
        </Text>
        <div className={`framed ${classes.arguments}`}>
          <CodeEditor language="json" label={t("studio.arguments")} value={text} onChange={(value) => setTexts({ ...texts, [name]: value })} />
        </div>
        {!parsed && (
          <Text size="xs" c="red" mt={4} role="alert">
            {t("studio.badJson")}
          </Text>
        )}
      </div>
      <Group justify="space-between">
        <Text size="xs" c="dimmed" visibleFrom="sm">
          <Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd>
        </Text>
        <Button
          ref={runner}
          leftSection={<IconPlayerPlay size={16} />}
          loading={run.isPending}
          disabled={!parsed}
          onClick={() => parsed && run.mutate(parsed)}
        >
          {t("studio.runButton")}
        </Button>
      </Group>
      {run.error && <ProblemPanel problem={run.error} />}
      {run.data && !run.isPending && <Outcome key={run.submittedAt} run={run.data} />}
    </Stack>
  );
}

function sample(contract: Contract, name: string): string {
  const described = contract.functions.find((one) => one.name === name);
  return JSON.stringify(Object.fromEntries(described?.parameters.map((one) => [one.name, one.sample]) ?? []), null, 2);
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
