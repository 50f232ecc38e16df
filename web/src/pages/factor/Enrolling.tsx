import { Button, Center, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Enrolment } from "../../api/factor";
import { CopyField } from "../../ui/CopyField";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CodeField } from "./CodeField";
import { QrCode } from "./QrCode";

interface Props {
  enrolment: Enrolment;
  confirm: (code: string) => Promise<{ codes: string[] }>;
  onDone: (codes: string[]) => void;
}

/** A secret to scan, and the first code, which shows that the app has it. */
export function Enrolling({ enrolment, confirm, onDone }: Props) {
  const { t } = useTranslation();
  const [code, setCode] = useState("");
  const confirming = useMutation({ mutationFn: confirm, onSuccess: ({ codes }) => onDone(codes) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirming.mutate(code);
      }}
    >
      <Stack>
        <Text size="sm">{t("factor.scan")}</Text>
        <Center>
          <QrCode rows={enrolment.qr} label={t("factor.qr")} />
        </Center>
        <CopyField label={t("factor.secret")} description={t("factor.secretHint")} value={enrolment.secret} />
        {confirming.error && <ProblemPanel problem={confirming.error} />}
        <CodeField label={t("factor.firstCode")} inputMode="numeric" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
        <Button type="submit" disabled={!code.trim()} loading={confirming.isPending}>
          {t("factor.confirm")}
        </Button>
      </Stack>
    </form>
  );
}
