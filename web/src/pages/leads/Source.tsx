import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem } from "../../api/client";
import { leads, type LeadCard, type LeadInput } from "../../api/leads";
import { CodeBlock, pretty } from "../../ui/CodeBlock";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

type Piece = LeadInput["pieces"][number];

/** The letter or request as it came, beside what was read of it. */
export function Source({ lead }: { lead: LeadCard }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(leads.input(lead.inputId));
  const title = t(lead.door === "letter" ? "leads.letter" : "leads.request");
  if (error && !data) {
    const gone = error instanceof Problem && error.status === 404;
    return <Panel title={title}>{gone ? <Text size="sm" c="dimmed">{t("leads.sourceGone")}</Text> : <ProblemPanel problem={error} retry={() => void refetch()} />}</Panel>;
  }
  if (!data) {
    return (
      <Panel title={title}>
        <Skeleton h={180} role="status" aria-label={t("common.loading")} />
      </Panel>
    );
  }
  const download = !data.input.isErased && (
    <Button component="a" href={leads.raw(lead.inputId)} download size="xs" variant="default" leftSection={<IconDownload size={14} />}>
      {t("leads.raw")}
    </Button>
  );
  return (
    <Panel title={title} actions={download}>
      {data.input.isErased ? (
        <Text size="sm" c="dimmed">
          {t("leads.sourceGone")}
        </Text>
      ) : (
        <Stack gap="md">
          <Head input={data} />
          {data.pieces.filter((piece) => piece.kind !== "head" && piece.size > 0).map((piece, place) => (
            // Pieces stand in the order of the letter; names may be alike.
            // oxlint-disable-next-line react/no-array-index-key
            <OnePiece key={place} piece={piece} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function Head({ input }: { input: LeadInput }) {
  const { t } = useTranslation();
  const format = useFormat();
  const letter = input.reading?.letter;
  return (
    <div>
      {letter && (
        <>
          <Field label={t("leads.subject")}>{letter.subject || "—"}</Field>
          <Field label={t("leads.sender")}>{letter.sender || "—"}</Field>
          {letter.datedAt && <Field label={t("leads.sent")}>{format.dateTime(letter.datedAt)}</Field>}
        </>
      )}
      {input.input.source && <Field label={t("leads.cameBy")}>{input.input.source}</Field>}
      <Field label={t("leads.received")}>{format.exact(input.input.receivedAt)}</Field>
      {letter?.attachments.map((file, place) => (
        // Files stand in the order of the letter; names may be alike.
        // oxlint-disable-next-line react/no-array-index-key
        <Field key={place} label={file.name || t("leads.nameless")}>
          {file.text}
        </Field>
      ))}
    </div>
  );
}

function OnePiece({ piece }: { piece: Piece }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = piece.name || t(`leads.piece.${piece.kind}`);
  const text = piece.text ?? piece.hex ?? "";
  return (
    <Stack gap={6}>
      <Group gap={6}>
        <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
        {piece.encoding && <Badge color="gray">{piece.encoding}</Badge>}
        <Text size="xs" c="dimmed">
          {t("leads.bytes", { size: format.number(piece.size) })}
        </Text>
      </Group>
      <CodeBlock label={name} text={piece.mediaType.includes("json") ? pretty(text) : text} />
      {piece.cut && (
        <Text size="xs" c="dimmed">
          {t("leads.cut")}
        </Text>
      )}
    </Stack>
  );
}
