import { Group, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Contract, ContractFunction } from "../../../api/contract";
import { CodeEditor } from "../../../editor/CodeEditor";
import classes from "../Studio.module.css";
import { asObject } from "./inputs";

const ArgumentsForm = lazy(() => import("./ArgumentsForm"));

export type View = "form" | "json";

interface Props {
  contract: Contract;
  described: ContractFunction;
  text: string;
  onText: (text: string) => void;
  view: View;
  onView: (view: View) => void;
  onRun: () => void;
}

/** Arguments to begin with the contract's sample: as a form, or as JSON. */
export function SampleArguments({ contract, described, text, onText, view, onView, onRun }: Props) {
  const { t } = useTranslation();
  const value = asObject(text);
  if (described.parameters.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("studio.noArguments")}
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {t("studio.arguments")}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t("studio.argumentsView")}
          value={value ? view : "json"}
          onChange={(chosen) => onView(chosen as View)}
          data={[
            { value: "form", label: t("studio.form"), disabled: !value },
            { value: "json", label: "JSON" },
          ]}
        />
      </Group>
      {view === "form" && value ? (
        <Suspense fallback={<Skeleton h={120} />}>
          <ArgumentsForm
            contract={contract}
            described={described}
            value={value}
            onChange={(changed) => onText(JSON.stringify(changed, null, 2))}
            onSubmit={onRun}
          />
        </Suspense>
      ) : (
        <div className={`framed ${classes.arguments}`}>
          <CodeEditor language="json" label={t("studio.argumentsJson")} value={text} onChange={onText} onRun={onRun} />
        </div>
      )}
      {!value && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {t("studio.badJson")}
        </Text>
      )}
    </Stack>
  );
}
