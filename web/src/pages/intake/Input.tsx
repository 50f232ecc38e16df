import { Alert, Anchor, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { IconDownload, IconEyeOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { inputs, type InputCard } from "../../api/intake";
import { useSession } from "../../api/session";
import { CodeBlock } from "../../ui/CodeBlock";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { ask, tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { PageProblem } from "../../ui/ProblemPanel";
import { InputState } from "./InputState";
import { MapNames } from "./MapNames";
import { ReadAgain } from "./ReadAgain";
import { Reading } from "./Reading";

const route = getRouteApi("/inside/leads/inputs/$id");

export default function InputPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery(inputs.card(id));
  if (error && !data) return <PageProblem problem={error} retry={() => void refetch()} />;
  if (!data) return <PageLoading />;
  return <Card key={id} card={data} />;
}

function Card({ card }: { card: InputCard }) {
  const { t } = useTranslation();
  const { rights } = useSession().user;
  const { input, reading } = card;
  const reads = input.door === "letter" || input.door === "http";
  const works = (rights.includes("leads.write") || rights.includes("intake.manage")) && reads && !input.isErased;
  return (
    <>
      <PageHeader
        title={input.title || t("intake.inputs.number", { number: input.id })}
        description={[t(`intake.way.${input.door}`), input.source].filter(Boolean).join(": ")}
        back={{ to: "/leads/inputs", label: t("intake.inputs.title") }}
        badges={<InputState state={input.state} />}
        actions={<Actions card={card} works={works} />}
      />
      <Grid>
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Raw card={card} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 6 }}>
          <Stack>
            {input.state === "new" && (
              <Alert color="blue" role="status">
                {t("intake.inputs.beingRead")}
              </Alert>
            )}
            {input.isErased && <Alert color="gray">{t("intake.inputs.erased")}</Alert>}
            {reading ? (
              <Panel title={t("intake.reading.title")}>
                <Reading reading={reading} />
                <Attachments reading={reading} />
              </Panel>
            ) : (
              input.reason && <Alert color="red">{input.reason.text}</Alert>
            )}
            {reading && works && rights.includes("intake.manage") && input.sourceId && <MapNames card={card} />}
            {works && <ReadAgain card={card} />}
            <About card={card} />
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function Actions({ card, works }: { card: InputCard; works: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { input } = card;
  const aside = useMutation({
    mutationFn: () => inputs.setAside(input.id),
    onSuccess: async () => {
      tell(t("intake.inputs.wasSetAside"));
      await client.invalidateQueries({ queryKey: ["inputs"] });
    },
    onError: tellProblem,
  });
  const askAside = () => ask({ title: t("intake.inputs.asideTitle"), text: t("intake.inputs.asideText"), confirm: t("intake.inputs.aside"), onConfirm: () => aside.mutate() });
  return (
    <>
      {works && input.state === "unreadable" && (
        <Button variant="default" leftSection={<IconEyeOff size={16} />} loading={aside.isPending} onClick={askAside}>
          {t("intake.inputs.aside")}
        </Button>
      )}
      {!input.isErased && (
        <Button variant="default" component="a" href={address(`/inputs/${input.id}/raw`)} download leftSection={<IconDownload size={16} />}>
          {t("intake.inputs.download")}
        </Button>
      )}
      {input.leadId && (
        <Button component={Link} to={`/leads/${input.leadId}`}>
          {t("intake.inputs.lead")}
        </Button>
      )}
    </>
  );
}

/** What came, piece by piece, each with the encoding that it was read in. */
function Raw({ card }: { card: InputCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t("intake.raw.title")} description={t("intake.raw.hint")}>
      <Stack>
        {card.correction !== null && <Piece title={t("intake.raw.correction")} text={card.correction} />}
        {card.pieces.map((piece, place) => (
          <Piece
            // Pieces have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            key={place}
            title={[t(`intake.raw.${piece.kind}`), piece.name].filter(Boolean).join(": ")}
            note={[piece.mediaType, piece.encoding && t("intake.raw.encoding", { encoding: piece.encoding }), t("intake.bytes", { size: format.number(piece.size) })].filter(Boolean).join(" · ")}
            text={piece.text ?? piece.hex ?? ""}
            cut={piece.cut}
          />
        ))}
      </Stack>
    </Panel>
  );
}

function Piece({ title, note, text, cut }: { title: string; note?: string; text: string; cut?: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap={4}>
      <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
        {title}
      </Text>
      {note && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {note}
        </Text>
      )}
      <CodeBlock text={text} label={title} />
      {cut && (
        <Text size="xs" c="dimmed">
          {t("intake.raw.cut")}
        </Text>
      )}
    </Stack>
  );
}

/** Files of a letter, and what became of each. */
function Attachments({ reading }: { reading: NonNullable<InputCard["reading"]> }) {
  const { t } = useTranslation();
  if (!reading.letter || reading.letter.attachments.length === 0) return null;
  return (
    <Stack gap={2} mt="sm">
      <Text size="sm" fw={550}>
        {t("intake.reading.files")}
      </Text>
      {reading.letter.attachments.map((file, place) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Text key={place} size="sm" style={{ overflowWrap: "anywhere" }}>
          {file.name || file.mediaType}
          {file.encoding && ` (${file.encoding})`}: {file.text}
        </Text>
      ))}
    </Stack>
  );
}

function About({ card }: { card: InputCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { input } = card;
  const { rights } = useSession().user;
  const page = input.door === "letter" ? "/settings/collectors/$id" : "/settings/doors/$id";
  return (
    <Panel title={t("intake.inputs.about")}>
      <Field label={t("intake.inputs.received")}>{format.dateTime(input.receivedAt)}</Field>
      <Field label={t("intake.inputs.readAt")}>{format.dateTime(input.readAt)}</Field>
      <Field label={t("intake.inputs.size")}>{t("intake.bytes", { size: format.number(input.size) })}</Field>
      {input.source && (
        <Field label={t("intake.inputs.source")}>
          <Group gap={4} justify="flex-end">
            {rights.includes("intake.manage") && input.sourceId ? (
              <Anchor component={Link} to={page} params={{ id: input.sourceId } as never} size="sm">
                {input.source}
              </Anchor>
            ) : (
              input.source
            )}
          </Group>
        </Field>
      )}
      {input.isTry && <Field label={t("intake.inputs.try")}>{t("common.yes")}</Field>}
    </Panel>
  );
}
