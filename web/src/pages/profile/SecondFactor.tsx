import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { factor, type FactorState } from "../../api/factor";
import { Dialog } from "../../ui/Dialog";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CodeField } from "../factor/CodeField";
import { Enrolling } from "../factor/Enrolling";
import { RecoveryCodes } from "../factor/RecoveryCodes";
import { PresentPassword } from "./PresentPassword";

/** What is done about the second factor: turned on or moved, its codes renewed, turned off. */
type Act = "on" | "move" | "codes" | "off";

/** One's own second factor. */
export function SecondFactor() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [act, setAct] = useState<Act | null>(null);
  const { data, error, refetch } = useQuery(factor.own);
  const close = async () => {
    setAct(null);
    await Promise.all([client.invalidateQueries({ queryKey: ["factor"] }), client.invalidateQueries({ queryKey: ["sessions"] })]);
  };
  return (
    <Panel
      title={t("factor.title")}
      description={t("factor.description")}
      actions={data && <Badge color={data.since ? "teal" : "gray"}>{t(data.since ? "factor.isOn" : "factor.isOff")}</Badge>}
    >
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <RowsLoading rows={2} />}
      {data && <State state={data} onAct={setAct} />}
      <Dialog opened={act !== null} onClose={() => void close()} closeOnClickOutside={false} title={t("factor.title")}>
        {act && <Acting key={act} act={act} isOn={Boolean(data?.since)} onDone={() => void close()} />}
      </Dialog>
    </Panel>
  );
}

function State({ state, onAct }: { state: FactorState; onAct: (act: Act) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!state.since) {
    return (
      <Stack align="flex-start">
        {state.required && <Text size="sm">{t("factor.requiredSoon")}</Text>}
        <Button onClick={() => onAct("on")}>{t("factor.acts.on")}</Button>
      </Stack>
    );
  }
  return (
    <Stack>
      <Text size="sm">
        {t("factor.since", { at: format.moment(state.since) })} {t("factor.codesLeft", { count: state.codesLeft })}
      </Text>
      <Group gap="xs">
        <Button variant="default" onClick={() => onAct("move")}>
          {t("factor.acts.move")}
        </Button>
        <Button variant="default" onClick={() => onAct("codes")}>
          {t("factor.acts.codes")}
        </Button>
        {!state.required && (
          <Button variant="default" onClick={() => onAct("off")}>
            {t("factor.acts.off")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** The proof that it is oneself, and what follows from it. */
function Acting({ act, isOn, onDone }: { act: Act; isOn: boolean; onDone: () => void }) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<string[] | null>(null);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const enrolling = useMutation({ mutationFn: () => factor.enrol({ password, code: isOn ? code : null }) });
  const renewing = useMutation({ mutationFn: () => factor.renewCodes({ password, code }), onSuccess: (made) => setCodes(made.codes) });
  const leaving = useMutation({
    mutationFn: () => factor.turnOff({ password, code }),
    onSuccess: () => {
      tell(t("factor.turnedOff"));
      onDone();
    },
  });
  const proof = { on: enrolling, move: enrolling, codes: renewing, off: leaving }[act];
  if (codes) return <RecoveryCodes codes={codes} done={t("common.close")} onDone={onDone} />;
  if (enrolling.data) return <Enrolling enrolment={enrolling.data} confirm={factor.confirm} onDone={setCodes} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        proof.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t(`factor.means.${act}`)}</Text>
        {proof.error && <ProblemPanel problem={proof.error} />}
        <PresentPassword data-autofocus value={password} onChange={(event) => setPassword(event.currentTarget.value)} />
        {isOn && <CodeField label={t("factor.code")} description={t("factor.codeHint")} value={code} onChange={(event) => setCode(event.currentTarget.value)} />}
        <Group justify="flex-end">
          <Button type="submit" color={act === "off" ? "red" : undefined} disabled={!password || (isOn && !code.trim())} loading={proof.isPending}>
            {t(act === "off" ? "factor.acts.off" : "common.next")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
