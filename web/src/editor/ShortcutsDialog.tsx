import { Kbd, Text } from "@mantine/core";
import { useOs } from "@mantine/hooks";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../ui/Dialog";
import classes from "./ModuleEditor.module.css";

/** What the keys do; Mod is Ctrl, and Cmd on a Mac. */
const KEYS = [
  ["complete", "Ctrl", "Space"],
  ["signature", "Mod", "Shift", "Space"],
  ["definition", "F12"],
  ["references", "Shift", "F12"],
  ["rename", "F2"],
  ["nextFinding", "F8"],
  ["findings", "Mod", "Shift", "M"],
  ["format", "Shift", "Alt", "F"],
  ["run", "Mod", "Enter"],
  ["save", "Mod", "S"],
  ["find", "Mod", "F"],
  ["comment", "Mod", "/"],
  ["moveLine", "Alt", "↑", "↓"],
  ["undo", "Mod", "Z"],
  ["leave", "Esc", "Tab"],
  ["help", "F1"],
] as const;

/** The keys of the editor. */
export function ShortcutsDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const mac = useOs() === "macos";
  return (
    <Dialog opened={opened} onClose={onClose} title={t("editor.shortcuts")}>
      <dl className={classes.keys}>
        {KEYS.map(([what, ...keys]) => (
          <Fragment key={what}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} mr={4}>
                  {key === "Mod" ? (mac ? "⌘" : "Ctrl") : key}
                </Kbd>
              ))}
            </dt>
            <dd>
              <Text size="sm">{t(`editor.keys.${what}`)}</Text>
            </dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
