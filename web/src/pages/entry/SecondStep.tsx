import { Button, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { factor, type Step } from "../../api/factor";
import type { Session } from "../../api/session";
import { PageLoading } from "../../ui/Loading";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CodeField } from "../factor/CodeField";
import { Enrolling } from "../factor/Enrolling";
import { RecoveryCodes } from "../factor/RecoveryCodes";

interface Props {
  step: Step;
  enter: (session: Session) => Promise<void>;
  /** Back to the password. */
  onBack: () => void;
}

/** What follows the password: a code, or setting up a second factor. */
export function SecondStep({ step, enter, onBack }: Props) {
  const { t } = useTranslation();
  return (
    <Stack>
      {step === "code" ? <EnterCode enter={enter} /> : <Enrol enter={enter} />}
      <Button variant="subtle" onClick={onBack}>
        {t("entrance.backToSignIn")}
      </Button>
    </Stack>
  );
}

function EnterCode({ enter }: Pick<Props, "enter">) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const entering = useMutation({ mutationFn: factor.enter, onSuccess: (session) => enter(session) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        entering.mutate(code);
      }}
    >
      <Stack>
        {entering.error && <ProblemPanel problem={entering.error} />}
        <CodeField label={t("factor.code")} description={t("factor.codeHint")} autoFocus value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        <Button type="submit" fullWidth disabled={!code.trim()} loading={entering.isPending}>
          {t("entry.enter")}
        </Button>
      </Stack>
    </form>
  );
}

function Enrol({ enter }: Pick<Props, "enter">) {
  const { t } = useTranslation();
  const { data, error } = useQuery(factor.enrolmentAtDoor);
  const [codes, setCodes] = useState<string[] | null>(null);
  const entering = useMutation({ mutationFn: factor.session, onSuccess: (session) => enter(session) });
  if (codes) {
    return (
      <>
        {entering.error && <ProblemPanel problem={entering.error} />}
        <RecoveryCodes codes={codes} done={t("entry.enter")} onDone={() => entering.mutate()} />
      </>
    );
  }
  if (error) return <ProblemPanel problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <Text>{t("factor.asked")}</Text>
      <Enrolling enrolment={data} confirm={factor.confirmAtDoor} onDone={setCodes} />
    </>
  );
}
