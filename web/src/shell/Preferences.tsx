import { ActionIcon, SegmentedControl, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useLanguageChoice, useThemeChoice } from "../api/session";
import type { Language } from "../i18n";
import { tellProblem } from "../ui/notices";

/** Language and light or dark, at hand on every page. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  const choose = useLanguageChoice();
  const keepTheme = useThemeChoice();
  const change = async () => {
    const theme = dark ? "light" : "dark";
    setColorScheme(theme);
    await keepTheme(theme);
  };
  const toggle = t(dark ? "shell.light" : "shell.dark");
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={t("shell.language")}
        value={i18n.language}
        onChange={(language) => void choose(language as Language).catch(tellProblem)}
        data={[
          { value: "ru", label: "RU" },
          { value: "en", label: "EN" },
        ]}
      />
      <Tooltip label={toggle}>
        <ActionIcon variant="default" size="lg" aria-label={toggle} onClick={() => void change().catch(tellProblem)}>
          {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
        </ActionIcon>
      </Tooltip>
    </>
  );
}
