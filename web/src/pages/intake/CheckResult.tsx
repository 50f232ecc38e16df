import { Alert, List, Stack, Text } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MailboxCheck } from "../../api/intake";
import { useFormat } from "../../ui/format";

interface Props {
  check: MailboxCheck;
  fromDate: string | null;
  keyword: string;
}

/** How far a look at the mailbox came, and which letters a first run would take. */
export function CheckResult({ check, fromDate, keyword }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const since = fromDate ? format.date(`${fromDate}T12:00:00Z`) : t("intake.check.today");
  return (
    <Alert
      mt="sm"
      role="status"
      color={check.failed ? "red" : "teal"}
      icon={check.failed ? <IconX size={18} /> : <IconCheck size={18} />}
      title={check.failed ? t(`intake.check.failed.${check.failed}`) : t("intake.check.works")}
    >
      <Stack gap="xs">
        {check.reason && <Text size="sm">{check.reason}</Text>}
        {check.passed.length > 0 && (
          <Text size="sm">
            {t("intake.check.passed", { steps: check.passed.map((step) => t(`intake.check.step.${step}`)).join(", ") })}
          </Text>
        )}
        {!check.failed && (
          <>
            <Text size="sm">{t("intake.check.considered", { exists: format.number(check.exists), considered: format.number(check.considered), since })}</Text>
            <Text size="sm" fw={550}>
              {t("intake.check.wanted", { count: check.wanted, keyword })}
            </Text>
            {check.letters.length > 0 && (
              <List size="sm" spacing={2}>
                {check.letters.map((letter, place) => (
                  // Letters have no name but their place.
                  // oxlint-disable-next-line react/no-array-index-key
                  <List.Item key={place} style={{ overflowWrap: "anywhere" }}>
                    {letter.subject} <span className="numbers">· {format.dateTime(letter.arrivedAt)}</span>
                  </List.Item>
                ))}
              </List>
            )}
            {check.tooLarge > 0 && <Text size="sm">{t("intake.check.tooLarge", { count: check.tooLarge })}</Text>}
            {!check.complete && <Text size="sm">{t("intake.check.incomplete")}</Text>}
            {!check.removesSingleLetters && <Text size="sm">{t("intake.check.removesNone")}</Text>}
          </>
        )}
      </Stack>
    </Alert>
  );
}
