import { Select, SimpleGrid } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { accounts } from "../../api/accounts";
import { calendars } from "../../api/calendars";
import { directories } from "../../api/intake";

export interface Goes {
  calendarId: string | null;
  responsibleId: string | null;
  channelId: string | null;
}

/** Where leads of one way go: their calendar, who is responsible, and the source they count for. */
export function Destination({ value, onChange }: { value: Goes; onChange: (change: Partial<Goes>) => void }) {
  const { t } = useTranslation();
  const calendar = useQuery(calendars.list()).data?.items ?? [];
  const people = useQuery(accounts.people).data?.items ?? [];
  const channels = useQuery(directories.channels).data?.items.filter((one) => !one.archived) ?? [];
  const titled = (all: { id: string; title: string }[]) => all.map(({ id, title }) => ({ value: id, label: title }));
  const clear = { "aria-label": t("common.clear") };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select
        label={t("intake.calendar")}
        description={t("intake.calendarHint")}
        placeholder={t("intake.calendarUsual")}
        clearable
        clearButtonProps={clear}
        data={titled(calendar)}
        value={value.calendarId}
        onChange={(calendarId) => onChange({ calendarId })}
      />
      <Select
        label={t("intake.responsible")}
        description={t("intake.responsibleHint")}
        placeholder={t("intake.responsibleUsual")}
        searchable
        clearable
        clearButtonProps={clear}
        data={people.map((person) => ({ value: person.id, label: person.name }))}
        value={value.responsibleId}
        onChange={(responsibleId) => onChange({ responsibleId })}
      />
      <Select
        label={t("intake.channel")}
        description={t("intake.channelHint")}
        placeholder={t("intake.channelUsual")}
        searchable
        clearable
        clearButtonProps={clear}
        data={titled(channels)}
        value={value.channelId}
        onChange={(channelId) => onChange({ channelId })}
      />
    </SimpleGrid>
  );
}
