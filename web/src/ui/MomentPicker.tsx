import { DatesProvider, DateTimePicker, type DateTimePickerProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";
import { useCalendar } from "./calendar";

/** A day and a time of it, in the reader's language; each control has a name. */
export function MomentPicker(props: Omit<DateTimePickerProps, "ref">) {
  const { t } = useTranslation();
  const { settings, ariaLabels } = useCalendar();
  return (
    <DatesProvider settings={settings}>
      <DateTimePicker
        hideOutsideDates
        ariaLabels={ariaLabels}
        timePickerProps={{ hoursInputLabel: t("common.calendar.hours"), minutesInputLabel: t("common.calendar.minutes") }}
        submitButtonProps={{ "aria-label": t("common.calendar.choose") }}
        {...props}
      />
    </DatesProvider>
  );
}
