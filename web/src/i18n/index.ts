import dayjs from "dayjs";
import i18n from "i18next";
import { initReactI18next } from "react-i18next";

export type Language = "ru" | "en";
/** A text that a module or the contract brings in both languages, or a plain one. */
export type Texts = string | { ru?: string; en?: string } | null | undefined;

const STORED = "vestnik.language";

const packs: Record<Language, () => Promise<{ default: object }>> = {
  ru: () => import("./ru"),
  en: () => import("./en"),
};

export function storedLanguage(): Language {
  return localStorage.getItem(STORED) === "en" ? "en" : "ru";
}

/** Loads one language, or the texts of it that a page needs, and starts; the other is loaded when it is chosen. */
export async function startI18n(language: Language, texts: Promise<object> = packOf(language)): Promise<void> {
  const loaded = await texts;
  await i18n.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: loaded } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  await applyLanguage(language);
}

const packOf = async (language: Language): Promise<object> => (await packs[language]()).default;

export async function chooseLanguage(language: Language): Promise<void> {
  if (!i18n.hasResourceBundle(language, "translation")) {
    i18n.addResourceBundle(language, "translation", await packOf(language));
  }
  localStorage.setItem(STORED, language);
  await applyLanguage(language);
  await i18n.changeLanguage(language);
}

async function applyLanguage(language: Language): Promise<void> {
  if (language === "ru") await import("dayjs/locale/ru");
  dayjs.locale(language);
  document.documentElement.lang = language;
}

export function currentLanguage(): Language {
  return i18n.language === "en" ? "en" : "ru";
}

/** Picks the reader's language of a `{ru, en}` text, the other one when it is missing. */
export function localised(text: Texts): string {
  if (!text) return "";
  if (typeof text === "string") return text;
  return (currentLanguage() === "ru" ? (text.ru ?? text.en) : (text.en ?? text.ru)) ?? "";
}

export default i18n;
