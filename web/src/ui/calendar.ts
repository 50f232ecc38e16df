import "@mantine/dates/styles.css";
import dayjs from "dayjs";
import customParseFormat from "dayjs/plugin/customParseFormat";
import { useTranslation } from "react-i18next";

// Without it a typed 05.11.1990 is read as the 11th of May.
dayjs.extend(customParseFormat);

/** What a calendar is called and begins with in the reader's language. */
export function useCalendar() {
  const { t, i18n } = useTranslation();
  return {
    settings: { locale: i18n.language, firstDayOfWeek: 1 as const, weekendDays: [] },
    ariaLabels: {
      monthLevelControl: t("common.calendar.months"),
      yearLevelControl: t("common.calendar.years"),
      previousMonth: t("common.calendar.previousMonth"),
      nextMonth: t("common.calendar.nextMonth"),
      previousYear: t("common.calendar.previousYear"),
      nextYear: t("common.calendar.nextYear"),
      previousDecade: t("common.calendar.previousDecade"),
      nextDecade: t("common.calendar.nextDecade"),
    },
  };
}
