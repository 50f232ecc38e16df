import { Button, Group, Select, SimpleGrid, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { leads, type LeadCard, type LeadChange } from "../../api/leads";
import { Dialog } from "../../ui/Dialog";
import { tell } from "../../ui/notices";
import { ProblemPanel } from "../../ui/ProblemPanel";

const TEXTS = ["title", "person", "company", "phone", "email", "city", "country", "site"] as const;

/** Corrects what was read; reading the letter again leaves it from then on. */
export function EditLead({ lead, onClose }: { lead: LeadCard; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const channels = useQuery(leads.channels).data ?? [];
  const initial = { ...Object.fromEntries(TEXTS.map((name) => [name, lead[name]])), description: lead.description, channelId: lead.channel?.id ?? null };
  const form = useForm<Record<string, string | null>>({ initialValues: initial });
  const saving = useMutation({
    mutationFn: (change: LeadChange) => leads.change(lead.id, change),
    onSuccess: (card) => {
      client.setQueryData(leads.card(lead.id).queryKey, card);
      tell(t("common.saved"));
      onClose();
      void client.invalidateQueries({ queryKey: ["leads"] });
    },
  });
  const save = (values: Record<string, string | null>) => {
    // What was not touched stays open to another reading of the letter.
    const changed = Object.entries(values).filter(([name, value]) => value !== (initial as Record<string, unknown>)[name]);
    if (changed.length > 0) saving.mutate(Object.fromEntries(changed) as LeadChange);
    else onClose();
  };
  const offered = channels.some(({ id }) => id === lead.channel?.id) || !lead.channel ? channels : [...channels, { id: lead.channel.id, title: lead.channel.name }];
  return (
    <Dialog opened size="lg" onClose={onClose} title={t("leads.editOne", { number: lead.number })}>
      <form onSubmit={form.onSubmit(save)} noValidate>
        <Stack>
          {saving.error && <ProblemPanel problem={saving.error} />}
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {TEXTS.map((name, place) => (
              <TextInput key={name} data-autofocus={place === 0 || undefined} label={t(`leads.field.${name}`)} maxLength={500} {...form.getInputProps(name)} />
            ))}
            <Select clearable searchable label={t("leads.channel")} data={offered.map((one) => ({ value: one.id, label: one.title }))} {...form.getInputProps("channelId")} />
          </SimpleGrid>
          <Textarea autosize minRows={3} maxRows={12} label={t("leads.field.description")} {...form.getInputProps("description")} />
          <Text size="sm" c="dimmed">
            {t("leads.editHint")}
          </Text>
          <Group justify="flex-end">
            <Button type="submit" loading={saving.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
