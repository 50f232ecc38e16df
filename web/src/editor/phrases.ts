import { EditorState, type Extension } from "@codemirror/state";
import type { Language } from "../i18n";

/** What CodeMirror itself says, in Russian; its own words are English. */
const RUSSIAN: Record<string, string> = {
  "$ unchanged lines": "без изменений строк: $",
  "Control character": "Управляющий символ",
  "Fold line": "Свернуть",
  "Unfold line": "Развернуть",
  "folded code": "свёрнутый код",
  "Folded lines": "Свёрнуты строки",
  "Unfolded lines": "Развёрнуты строки",
  "Selection deleted": "Выделение удалено",
  Completions: "Подсказки",
  Diagnostics: "Замечания",
  "No diagnostics": "Замечаний нет",
  Find: "Найти",
  Replace: "Заменить на",
  next: "дальше",
  previous: "раньше",
  all: "все",
  "match case": "учитывать регистр",
  regexp: "регулярное выражение",
  "by word": "слова целиком",
  replace: "заменить",
  "replace all": "заменить все",
  close: "закрыть",
  "current match": "найденное",
  "on line": "в строке",
  "replaced match on line $": "заменено в строке $",
  "replaced $ matches": "заменено: $",
  "Go to line": "Перейти к строке",
  go: "перейти",
  "New name": "Новое имя",
  rename: "переименовать",
  "Reference list": "Где используется",
  "Rename request failed": "Переименовать не удалось",
  "Finding references failed": "Найти использования не удалось",
  "Find definition failed": "Найти определение не удалось",
};

export function phrases(language: Language): Extension {
  return language === "ru" ? EditorState.phrases.of(RUSSIAN) : [];
}
