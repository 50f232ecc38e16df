import { ActionIcon, Button, Group, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconIndentIncrease, IconKeyboard } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useImperativeHandle, useMemo, useRef, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import type { CompletionSource } from "@codemirror/autocomplete";
import { address } from "../api/client";
import { modules } from "../api/modules";
import { tellProblem } from "../ui/notices";
import { CodeEditor, type CodeEditorHandle } from "./CodeEditor";
import type { LanguageServer, ServerState } from "./language-server";
import type { Diagnostic } from "./marks";
import classes from "./ModuleEditor.module.css";
import { SdkDialog } from "./SdkDialog";
import { ShortcutsDialog } from "./ShortcutsDialog";

interface Props {
  moduleId: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  diagnostics?: Diagnostic[];
  completions?: CompletionSource;
  onRun?: () => void;
  onSave?: () => void;
  readOnly?: boolean;
  ref?: Ref<CodeEditorHandle>;
}

/** The editor of a module's text: its language server, the formatter, and a line that says how they are. */
export function ModuleEditor({ moduleId, value, onChange, readOnly = false, ref, ...rest }: Props) {
  const { t } = useTranslation();
  const editor = useRef<CodeEditorHandle>(null);
  const [state, setState] = useState<ServerState>("connecting");
  const [cursor, setCursor] = useState({ line: 1, column: 1 });
  const [sdkLine, setSdkLine] = useState<number | null>(null);
  const [helping, help] = useDisclosure();
  const server = useMemo<LanguageServer>(
    () => ({ path: address(`/modules/${moduleId}/lsp`), onState: setState, onSdk: setSdkLine }),
    [moduleId],
  );
  const format = useMutation({
    mutationFn: (source: string) => modules.format(moduleId, source),
    onSuccess: (made, source) => {
      // What was typed since is not undone by the layout of an older text.
      if (editor.current?.text() === source && made.source !== source) onChange(made.source);
    },
    onError: (problem) => {
      tellProblem(problem);
      const place = placeOf(problem);
      if (place) editor.current?.show(place.line, place.column);
    },
  });
  const formats = readOnly || format.isPending ? undefined : (text: string) => format.mutate(text);
  useImperativeHandle(ref, () => ({ show: (line, column) => editor.current?.show(line, column), text: () => editor.current?.text() ?? value }));
  const status = t(readOnly ? "editor.readOnly" : `editor.state.${state}`);
  return (
    <div className={classes.frame}>
      <CodeEditor
        {...rest}
        ref={editor}
        language="python"
        value={value}
        onChange={onChange}
        readOnly={readOnly}
        server={readOnly ? undefined : server}
        onFormat={formats}
        onHelp={help.open}
        onCursor={(line, column) => setCursor({ line, column })}
      />
      <Group className={classes.status} gap="xs" wrap="nowrap">
        {!readOnly && <span className={classes.dot} data-state={state} aria-hidden />}
        <Text size="xs" role="status" flex={1} truncate title={status}>
          {status}
        </Text>
        <Text size="xs" className="numbers" visibleFrom="xs" style={{ whiteSpace: "nowrap" }}>
          {t("editor.cursor", cursor)}
        </Text>
        {!readOnly && (
          <Button size="compact-xs" variant="subtle" color="gray" leftSection={<IconIndentIncrease size={14} />} loading={format.isPending} onClick={formats && (() => formats(value))}>
            {t("editor.format")}
          </Button>
        )}
        <Tooltip label={t("editor.shortcuts")}>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t("editor.shortcuts")} onClick={help.open}>
            <IconKeyboard size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <ShortcutsDialog opened={helping} onClose={help.close} />
      <SdkDialog moduleId={moduleId} line={sdkLine} onClose={() => setSdkLine(null)} />
    </div>
  );
}

function placeOf(problem: unknown): { line: number; column: number } | null {
  const fields = (problem as { fields?: Record<string, unknown> }).fields;
  return typeof fields?.line === "number" && typeof fields.column === "number" ? { line: fields.line, column: fields.column } : null;
}
