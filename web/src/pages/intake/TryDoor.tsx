import { Anchor, Button, Group, SegmentedControl, Stack, Text, Textarea } from "@mantine/core";
import { IconEye, IconSend } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { doors, inputs, type Door } from "../../api/intake";
import { useRight } from "../../api/session";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { DOCUMENT, FORM, FORM_TYPE, JSON_TYPE } from "./examples";
import { InputState } from "./InputState";
import { Reading } from "./Reading";

/** An example that goes by the door, and what becomes of it. */
export function TryDoor({ door }: { door: Door }) {
  const { t } = useTranslation();
  const [type, setType] = useState(JSON_TYPE);
  const [body, setBody] = useState(DOCUMENT);
  const trying = useMutation({ mutationFn: (send: boolean) => doors.attempt(door.id, { body, contentType: type, send }) });
  const choose = (chosen: string) => {
    setType(chosen);
    setBody(chosen === JSON_TYPE ? DOCUMENT : FORM);
    trying.reset();
  };
  return (
    <Panel title={t("intake.try.title")} description={t("intake.try.hint")}>
      <Stack gap="sm">
        <SegmentedControl
          aria-label={t("intake.try.kind")}
          w="fit-content"
          value={type}
          onChange={choose}
          data={[
            { value: JSON_TYPE, label: t("intake.try.json") },
            { value: FORM_TYPE, label: t("intake.try.form") },
          ]}
        />
        <Textarea
          aria-label={t("intake.try.body")}
          autosize
          minRows={6}
          maxRows={18}
          maxLength={500_000}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
          value={body}
          onChange={(event) => {
            setBody(event.currentTarget.value);
            trying.reset();
          }}
        />
        <Group gap="xs">
          <Button variant="default" leftSection={<IconEye size={16} />} disabled={!body.trim()} loading={trying.isPending && !trying.variables} onClick={() => trying.mutate(false)}>
            {t("intake.try.look")}
          </Button>
          <Button leftSection={<IconSend size={16} />} disabled={!body.trim()} loading={trying.isPending && trying.variables} onClick={() => trying.mutate(true)}>
            {t("intake.try.send")}
          </Button>
        </Group>
        {trying.error && <ProblemPanel problem={trying.error} />}
        {trying.data && (
          <Stack gap="sm" role="status">
            {trying.data.inputId && <Sent id={trying.data.inputId} />}
            <Reading reading={trying.data.reading} />
          </Stack>
        )}
      </Stack>
    </Panel>
  );
}

/** The way of what was sent: it is read at once, and then there is a lead or a reason. */
function Sent({ id }: { id: string }) {
  const { t } = useTranslation();
  const reads = useRight("leads.read");
  const { data } = useQuery({ ...inputs.card(id), enabled: reads });
  if (!reads) return <Text size="sm">{t("intake.try.sent")}</Text>;
  return (
    <Group gap="sm">
      {data && <InputState state={data.input.state} />}
      <Anchor component={Link} to="/leads/inputs/$id" params={{ id } as never} size="sm">
        {t("intake.try.input")}
      </Anchor>
      {data?.input.leadId && (
        <Anchor component={Link} to={`/leads/${data.input.leadId}`} size="sm" fw={550}>
          {t("intake.try.lead")}
        </Anchor>
      )}
    </Group>
  );
}
