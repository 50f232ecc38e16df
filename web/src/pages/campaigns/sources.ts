import { useTranslation } from "react-i18next";
import type { Figure, Results } from "../../api/reports";
import { useFormat } from "../../ui/format";

/** Who says a figure, and when: "Unisender, 14:32". */
export function useSource(results: Results | undefined) {
  const { t } = useTranslation();
  const format = useFormat();
  return (figure: Pick<Figure, "source" | "at">): string => {
    const source = figure.source === "own" ? t("results.ours") : (results?.serviceTitle ?? t("results.service"));
    return figure.at ? t("results.figureOf", { source, when: format.moment(figure.at) }) : t("results.noEvents", { source });
  };
}
