import { Button, ColorSwatch, Group, Radio, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, COLOURS, type Calendar, type Colour } from "../../api/calendars";
import { useSession } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Makes a shared calendar, or changes a calendar's name and colour. */
export function CalendarForm({ calendar, onClose }: { calendar?: Calendar; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { rights } = useSession().user;
  const [title, setTitle] = useState(calendar?.title ?? "");
  const [colour, setColour] = useState<Colour>(calendar?.colour ?? "blue");
  const [isIncoming, setIncoming] = useState(calendar?.isIncoming ?? false);
  const saving = useMutation({
    mutationFn: () => {
      if (!calendar) return calendars.add({ title, colour });
      return calendars.change(calendar.id, { title, colour, ...(isIncoming && !calendar.isIncoming ? { isIncoming: true as const } : {}) });
    },
    onSuccess: async () => {
      tell(t("common.saved"));
      await client.invalidateQueries({ queryKey: ["calendars"] });
      onClose();
    },
  });
  const personal = calendar?.kind === "personal";
  return (
    <Dialog opened onClose={onClose} title={t(calendar ? "calendar.changeCalendar" : "calendar.newCalendar")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <Text size="sm" c="dimmed">
            {personal ? t("calendar.seenPersonal", { name: calendar.owner }) : t("calendar.seenShared")}
          </Text>
          <TextInput data-autofocus required maxLength={500} label={t("common.name")} value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
          <Radio.Group label={t("calendar.colour")} value={colour} onChange={(value) => setColour(value as Colour)}>
            <Group gap="md" mt="xs">
              {COLOURS.map((each) => (
                <Radio
                  key={each}
                  value={each}
                  label={
                    <Group gap={6} component="span">
                      <ColorSwatch component="span" size={14} color={`var(--mantine-color-${each}-6)`} withShadow={false} />
                      {t(`calendar.colours.${each}`)}
                    </Group>
                  }
                />
              ))}
            </Group>
          </Radio.Group>
          {calendar?.kind === "shared" && rights.includes("intake.manage") && (
            <Switch
              label={t("calendar.takesLeads")}
              description={t(calendar.isIncoming ? "calendar.takesLeadsNow" : "calendar.takesLeadsHint")}
              disabled={calendar.isIncoming}
              checked={isIncoming}
              onChange={(event) => setIncoming(event.currentTarget.checked)}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" disabled={!title.trim()} loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
