import { Alert, Button, Group, Stack, Switch, Table, Text, Textarea } from "@mantine/core";
import { IconEye, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { inputs, type InputCard } from "../../api/intake";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";

/** Where the document itself stands: a file that is a text, else the request. */
const documentOf = (card: InputCard) =>
  card.correction ?? (card.pieces.find((piece) => piece.kind === "file" && piece.text !== null) ?? card.pieces.find((piece) => piece.kind === "raw"))?.text ?? "";

/** Reads an input anew, as it came or as it was mended; what would change is shown first. */
export function ReadAgain({ card }: { card: InputCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { input } = card;
  const [mended, setMended] = useState(false);
  const [text, setText] = useState(() => documentOf(card));
  const reading = useMutation({
    mutationFn: (dry: boolean) => inputs.readAgain(input.id, { dry, text: mended && text.trim() ? text : null }),
    onSuccess: async (again, dry) => {
      if (dry) return;
      if (again.reading.fields) tell(t("intake.again.done"));
      await client.invalidateQueries({ queryKey: ["inputs"] });
    },
  });
  const again = reading.data;
  return (
    <Panel title={t("intake.again.title")} description={t("intake.again.hint")}>
      <Stack gap="sm">
        <Switch
          label={t("intake.again.mend")}
          checked={mended}
          onChange={(event) => {
            setMended(event.currentTarget.checked);
            reading.reset();
          }}
        />
        {mended && (
          <Textarea
            aria-label={t("intake.again.text")}
            autosize
            minRows={5}
            maxRows={18}
            maxLength={900_000}
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              reading.reset();
            }}
          />
        )}
        <Group gap="xs">
          <Button variant="default" leftSection={<IconEye size={16} />} loading={reading.isPending && reading.variables} onClick={() => reading.mutate(true)}>
            {t("intake.again.look")}
          </Button>
          <Button leftSection={<IconRefresh size={16} />} loading={reading.isPending && !reading.variables} onClick={() => reading.mutate(false)}>
            {t("intake.again.do")}
          </Button>
        </Group>
        {reading.error && <ProblemPanel problem={reading.error} />}
        {again && (
          <Stack gap="xs" role="status">
            {again.reading.reason && (
              <Alert color="red" title={t("intake.again.still")}>
                {again.reading.reason.text}
              </Alert>
            )}
            {reading.variables && again.makesLead && <Alert color="teal">{t("intake.again.makesLead")}</Alert>}
            {again.reading.fields && !again.makesLead && again.differences.length === 0 && <Text size="sm">{t("intake.again.same")}</Text>}
            {again.differences.length > 0 && <Differences differences={again.differences} />}
          </Stack>
        )}
      </Stack>
    </Panel>
  );
}

const shown = (value: unknown) => (value === null || value === undefined || value === "" ? "—" : typeof value === "string" ? value : JSON.stringify(value));

function Differences({ differences }: { differences: { field: string; before?: unknown; after?: unknown; applied: boolean }[] }) {
  const { t, i18n } = useTranslation();
  const named = (field: string) => (i18n.exists(`intake.target.${field}`) ? t(`intake.target.${field}`) : field);
  return (
    <Table.ScrollContainer minWidth={420} scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("intake.again.differences") } }}>
      <Table aria-label={t("intake.again.differences")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("intake.again.field")}</Table.Th>
            <Table.Th>{t("intake.again.before")}</Table.Th>
            <Table.Th>{t("intake.again.after")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {differences.map((one) => (
            <Table.Tr key={one.field}>
              <Table.Td>{named(one.field)}</Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{shown(one.before)}</Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {shown(one.after)}
                {!one.applied && (
                  <Text size="xs" c="dimmed">
                    {t(one.field === "lines" ? "intake.again.linesWait" : "intake.again.notApplied")}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
