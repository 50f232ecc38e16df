import { Select, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { modules } from "../../../api/modules";
import { useFormat } from "../../../ui/format";

interface Props {
  moduleId: string;
  name: string;
  value: string | null;
  onChange: (id: string) => void;
}

/** One of the newest recorded calls of a function, whose arguments are taken again. */
export function RecordedCall({ moduleId, name, value, onChange }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useInfiniteQuery(modules.calls(moduleId, { function: name }));
  const newest = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isSuccess && newest.length === 0 && !value) {
    return (
      <Text size="sm" c="dimmed">
        {t("studio.noCallsOf")}
      </Text>
    );
  }
  const options = newest.map((one) => ({
    value: one.id,
    label: `${format.exact(one.startedAt)} · ${one.kind ? t(`trace.kind.${one.kind}`, { defaultValue: one.kind }) : t("trace.ok")}`,
  }));
  if (value && !newest.some((one) => one.id === value)) options.unshift({ value, label: t("studio.callNumber", { id: value }) });
  return (
    <Select
      label={t("studio.recordedCall")}
      placeholder={t("studio.chooseCall")}
      allowDeselect={false}
      value={value}
      onChange={(id) => id && onChange(id)}
      data={options}
    />
  );
}
