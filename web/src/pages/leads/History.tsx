import { Button, Group, Text, Textarea, Timeline } from "@mantine/core";
import {
  IconArrowBackUp, IconBan, IconCheck, IconHandGrab, IconInbox, IconMessage, IconPencil, IconRefresh, IconTransform, IconUserShare, type Icon,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { leads, type LeadCard, type LeadHappened } from "../../api/leads";
import { useRight } from "../../api/session";
import { useFormat } from "../../ui/format";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";

const ICONS: Record<string, Icon> = {
  created: IconInbox,
  assigned: IconUserShare,
  taken: IconHandGrab,
  processed: IconCheck,
  closed: IconBan,
  reopened: IconArrowBackUp,
  edited: IconPencil,
  inn_corrected: IconPencil,
  note: IconMessage,
  read_again: IconRefresh,
  converted: IconTransform,
};

/** What happened to the lead, the newest first, with what people wrote down. */
export function History({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const writes = useRight("leads.write");
  return (
    <Panel title={t("leads.history")}>
      {writes && <Note lead={lead} />}
      <Timeline bulletSize={24} lineWidth={2}>
        {lead.history.map((happened) => {
          const Picture = ICONS[happened.kind] ?? IconInbox;
          return (
            <Timeline.Item key={happened.id} bullet={<Picture size={13} aria-hidden />}>
              <Text size="sm">{t(`leads.happened.${happened.kind}`, { defaultValue: happened.kind })}</Text>
              <Detail happened={happened} names={lead.names} />
              <Text size="xs" c="dimmed">
                {format.exact(happened.at)} · {happened.user ?? t("shell.name")}
              </Text>
            </Timeline.Item>
          );
        })}
      </Timeline>
    </Panel>
  );
}

function Detail({ happened: { kind, detail }, names }: { happened: LeadHappened; names: Record<string, string> }) {
  const { t } = useTranslation();
  const of = (name: string) => (typeof detail[name] === "string" ? (detail[name] as string) : "");
  const parts: string[] = [];
  if (kind === "created") parts.push(t(`leads.doorBy.${of("door")}`, { defaultValue: of("door") }));
  if (of("userId") && names[of("userId")]) parts.push(t("leads.given", { name: names[of("userId")] }));
  if (kind === "created" && of("by")) parts.push(t(`leads.why.${of("by")}`, { rule: of("rule"), defaultValue: "" }));
  if (of("result")) parts.push(t(`leads.result.${of("result")}`, { defaultValue: of("result") }));
  if (Array.isArray(detail.fields)) parts.push(detail.fields.map((name) => t(`leads.fieldName.${String(name)}`, { defaultValue: String(name) })).join(", "));
  if (of("text")) parts.push(of("text"));
  if (parts.length === 0) return null;
  return (
    <Text size={kind === "note" ? "sm" : "xs"} style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}>
      {parts.filter(Boolean).join(" · ")}
    </Text>
  );
}

function Note({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const writing = useMutation({
    mutationFn: () => leads.note(lead.id, text.trim()),
    onSuccess: (card) => {
      setText("");
      client.setQueryData(leads.card(lead.id).queryKey, card);
      void client.invalidateQueries({ queryKey: ["leads", "list"] });
    },
    onError: tellProblem,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) writing.mutate();
      }}
    >
      <Group align="flex-end" gap="xs" mb="md">
        <Textarea
          flex="1 1 240px"
          autosize
          minRows={1}
          maxRows={8}
          maxLength={5_000}
          label={t("leads.note")}
          placeholder={t("leads.notePlaceholder")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={writing.isPending} disabled={!text.trim()}>
          {t("leads.writeNote")}
        </Button>
      </Group>
    </form>
  );
}
