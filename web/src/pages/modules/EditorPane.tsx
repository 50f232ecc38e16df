import { useMemo, type Ref } from "react";
import { useTranslation } from "react-i18next";
import type { Contract } from "../../api/contract";
import type { ModuleCard, Version } from "../../api/modules";
import { useRight } from "../../api/session";
import type { CodeEditorHandle } from "../../editor/CodeEditor";
import { contractCompletions } from "../../editor/completions";
import { ModuleEditor } from "../../editor/ModuleEditor";
import classes from "./Studio.module.css";
import type { Draft } from "./use-draft";

interface Props {
  card: ModuleCard;
  saved: Version;
  contract: Contract;
  draft: Draft;
  editor: Ref<CodeEditorHandle>;
  onRun: () => void;
  onSave: (() => void) | undefined;
}

/** The module's text. */
export function EditorPane({ card, saved, contract, draft, editor, onRun, onSave }: Props) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  const completions = useMemo(() => contractCompletions(contract, settingNames(saved)), [contract, saved]);
  return (
    <div className={`framed ${classes.editor}`}>
      <ModuleEditor
        ref={editor}
        moduleId={card.id}
        label={t("studio.editorLabel")}
        value={draft.source}
        onChange={draft.setSource}
        diagnostics={draft.check?.diagnostics}
        completions={completions}
        onRun={onRun}
        onSave={onSave}
        readOnly={!writes}
      />
    </div>
  );
}

function settingNames(version: Version): string[] {
  const schema = version.manifest.settings as { properties?: object } | undefined;
  return Object.keys(schema?.properties ?? {});
}
