import "@mantine/dates/styles.css";
import { DatesProvider, DateTimePicker, type DateTimePickerProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";

/** A day and a time of it, in the reader's language; each control has a name. */
export function MomentPicker(props: Omit<DateTimePickerProps, "ref">) {
  const { t, i18n } = useTranslation();
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1, weekendDays: [] }}>
      <DateTimePicker
        hideOutsideDates
        ariaLabels={{
          monthLevelControl: t("common.calendar.months"),
          yearLevelControl: t("common.calendar.years"),
          previousMonth: t("common.calendar.previousMonth"),
          nextMonth: t("common.calendar.nextMonth"),
          previousYear: t("common.calendar.previousYear"),
          nextYear: t("common.calendar.nextYear"),
          previousDecade: t("common.calendar.previousDecade"),
          nextDecade: t("common.calendar.nextDecade"),
        }}
        timePickerProps={{ hoursInputLabel: t("common.calendar.hours"), minutesInputLabel: t("common.calendar.minutes") }}
        submitButtonProps={{ "aria-label": t("common.calendar.choose") }}
        {...props}
      />
    </DatesProvider>
  );
}
