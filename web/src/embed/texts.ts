import type { Language } from "../i18n";

/** The texts that the framed page shows: the panel's, and those of the parts that it is made of. */
export async function textsOf(language: Language): Promise<object> {
  const [common, panel] =
    language === "ru"
      ? await Promise.all([import("../i18n/ru/common.json"), import("../i18n/ru/panel.json")])
      : await Promise.all([import("../i18n/en/common.json"), import("../i18n/en/panel.json")]);
  return { common: common.default, panel: panel.default };
}
