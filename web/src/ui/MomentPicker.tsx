import { DatesProvider, DateTimePicker, type DateTimePickerProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";
import { useCalendar } from "./calendar";

/** A day and a time of it, in the reader's language; each control has a name. */
export function MomentPicker(props: Omit<DateTimePickerProps, "ref">) {
  const { t, i18n } = useTranslation();
  const english = i18n.language === "en";
  const { settings, ariaLabels } = useCalendar();
  return (
    <DatesProvider settings={settings}>
      <DateTimePicker
        hideOutsideDates
        ariaLabels={ariaLabels}
        valueFormat={english ? "MMM D, YYYY, h:mm A" : "D MMM YYYY, HH:mm"}
        timePickerProps={{
          format: english ? "12h" : "24h",
          hoursInputLabel: t("common.calendar.hours"),
          minutesInputLabel: t("common.calendar.minutes"),
          amPmInputLabel: t("common.calendar.amPm"),
        }}
        submitButtonProps={{ "aria-label": t("common.calendar.choose") }}
        {...props}
      />
    </DatesProvider>
  );
}
