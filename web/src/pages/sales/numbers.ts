import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { OrderLine } from "../../api/sales";
import { NOTHING } from "../../ui/format";

type Word = string | null | undefined;
const DIGITS = 12;

/** Decimals as a reader of the language writes them. They come as text, and are shown to their last digit. */
export function numbers(language: string) {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: DIGITS });
  const money = (currency: string) => {
    const pennies = { style: "currency", currency, currencyDisplay: "narrowSymbol", trailingZeroDisplay: "stripIfInteger", maximumFractionDigits: DIGITS } as const;
    return new Intl.NumberFormat(language, pennies);
  };
  // Text keeps its digits: a number of JavaScript would round the long ones.
  const written = (format: Intl.NumberFormat, word: Word) => (word ? format.format(word as unknown as number) : NOTHING);
  const number = (word: Word) => written(plain, word);
  return {
    number,
    money: (word: Word, currency: string) => written(money(currency), word),
    /** Width and height; one that is missing is a dash. */
    size: ({ width, height }: Pick<OrderLine, "width" | "height">) => (width || height ? `${number(width)} × ${number(height)}` : NOTHING),
  };
}

export function useNumbers() {
  const { i18n } = useTranslation();
  return useMemo(() => numbers(i18n.language), [i18n.language]);
}

const DECIMAL = /^-?[0-9]{1,15}([.][0-9]{1,12})?$/;

/** A number as people type it ("1 250,50") as the server takes it; null for none, undefined for what is no number. */
export function decimal(typed: string): string | null | undefined {
  const word = typed.replace(/\s/g, "").replace(",", ".");
  if (word === "") return null;
  return DECIMAL.test(word) ? word : undefined;
}

/** The same number in a field, as a reader of the language types it. */
export const typed = (word: Word, language: string) => (word ?? "").replace(".", language === "ru" ? "," : ".");
