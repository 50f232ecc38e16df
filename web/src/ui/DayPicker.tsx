import { DateInput, DatesProvider, type DateInputProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";
import { useCalendar } from "./calendar";

interface Props extends Omit<DateInputProps, "value" | "onChange" | "ref"> {
  /** As YYYY-MM-DD. */
  value: string | null;
  onChange: (day: string | null) => void;
}

/** A day, typed or chosen, written as the reader's language does. */
export function DayPicker(props: Props) {
  const { t } = useTranslation();
  const { settings, ariaLabels } = useCalendar();
  return (
    <DatesProvider settings={settings}>
      <DateInput
        clearable
        clearButtonProps={{ "aria-label": t("common.clear") }}
        hideOutsideDates
        valueFormat={t("common.calendar.format")}
        placeholder={t("common.calendar.example")}
        ariaLabels={ariaLabels}
        {...props}
      />
    </DatesProvider>
  );
}
