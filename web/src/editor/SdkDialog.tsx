import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { modules } from "../api/modules";
import { Dialog } from "../ui/Dialog";
import { PageLoading } from "../ui/Loading";
import { PageProblem } from "../ui/ProblemPanel";
import { CodeEditor, type CodeEditorHandle } from "./CodeEditor";
import classes from "./ModuleEditor.module.css";

interface Props {
  moduleId: string;
  /** The line to show, from 1; null while the window is closed. */
  line: number | null;
  onClose: () => void;
}

/** The types of the SDK at the place where a name is defined. */
export function SdkDialog({ moduleId, line, onClose }: Props) {
  return (
    <Dialog opened={line !== null} onClose={onClose} title="vestnik_sdk.pyi" size="xl">
      {line !== null && <Types moduleId={moduleId} line={line} />}
    </Dialog>
  );
}

function Types({ moduleId, line }: { moduleId: string; line: number }) {
  const { data, error, refetch } = useQuery(modules.stub(moduleId));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (data === undefined) return <PageLoading />;
  return <Shown text={data} line={line} />;
}

function Shown({ text, line }: { text: string; line: number }) {
  const { t } = useTranslation();
  const editor = useRef<CodeEditorHandle>(null);
  useEffect(() => editor.current?.show(line), [line]);
  return (
    <div className={classes.sdk}>
      <CodeEditor ref={editor} language="python" label={t("editor.sdk")} value={text} readOnly />
    </div>
  );
}
