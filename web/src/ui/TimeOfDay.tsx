import { TimePicker, type TimePickerProps } from "@mantine/dates";
import { useTranslation } from "react-i18next";
import "./calendar";

interface Props extends Omit<TimePickerProps, "value" | "onChange" | "ref" | "format"> {
  /** As HH:MM. */
  value: string;
  onChange: (time: string) => void;
}

/** A time of the day, of 12 or of 24 hours as the reader's language has it, whatever the browser's is. */
export function TimeOfDay({ value, onChange, ...rest }: Props) {
  const { t, i18n } = useTranslation();
  const twelve = new Intl.DateTimeFormat(i18n.language, { hour: "numeric" }).resolvedOptions().hour12;
  return (
    <TimePicker
      format={twelve ? "12h" : "24h"}
      hoursInputLabel={t("common.calendar.hours")}
      minutesInputLabel={t("common.calendar.minutes")}
      amPmInputLabel={t("common.calendar.amPm")}
      value={value}
      onChange={(time) => time && onChange(time.slice(0, 5))}
      {...rest}
    />
  );
}
