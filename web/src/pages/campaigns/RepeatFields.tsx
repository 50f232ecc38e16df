import { Group, NumberInput, Select, SegmentedControl, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Rhythm } from "../../api/planning";
import { TimeOfDay } from "../../ui/TimeOfDay";
import { WEEK, weekdayName } from "./rhythm";

/** Each week or each month, on which day, at what time of which zone. */
export function RepeatFields({ rhythm, onChange }: { rhythm: Rhythm; onChange: (rhythm: Rhythm) => void }) {
  const { t, i18n } = useTranslation();
  const set = (change: Partial<Rhythm>) => onChange({ ...rhythm, ...change });
  return (
    <Stack gap="sm">
      <SegmentedControl
        w="fit-content"
        aria-label={t("planning.repeat.every")}
        value={rhythm.every}
        onChange={(every) => set({ every: every as Rhythm["every"], day: every === "week" ? 0 : 1 })}
        data={(["week", "month"] as const).map((every) => ({ value: every, label: t(`planning.repeat.${every}`) }))}
      />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        {rhythm.every === "week" ? (
          <Select
            label={t("planning.repeat.weekday")}
            allowDeselect={false}
            data={WEEK.map((day) => ({ value: String(day), label: weekdayName(i18n.language, day) }))}
            value={String(rhythm.day)}
            onChange={(day) => set({ day: Number(day) })}
          />
        ) : (
          <NumberInput
            label={t("planning.repeat.monthday")}
            description={rhythm.day > 28 ? t("planning.repeat.monthHint") : undefined}
            min={1}
            max={31}
            clampBehavior="strict"
            allowDecimal={false}
            value={rhythm.day}
            onChange={(day) => typeof day === "number" && day >= 1 && set({ day })}
          />
        )}
        <TimeOfDay label={t("planning.repeat.at")} value={rhythm.atTime} onChange={(atTime) => set({ atTime })} />
        <Select
          label={t("planning.time.zone")}
          searchable
          allowDeselect={false}
          limit={60}
          data={Intl.supportedValuesOf("timeZone")}
          value={rhythm.zone}
          onChange={(zone) => zone && set({ zone })}
        />
      </Group>
    </Stack>
  );
}
