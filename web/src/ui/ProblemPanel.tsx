import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { PageHeader } from "./PageHeader";
import { describeProblem } from "./problems";

interface Props {
  problem: unknown;
  retry?: () => void;
}

/** What went wrong, in the server's words, and a way to try again. */
export function ProblemPanel({ problem, retry }: Props) {
  const { t } = useTranslation();
  const { title, detail } = describeProblem(problem);
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={title} role="alert">
      <Group justify="space-between" gap="sm">
        <Text size="sm" style={{ whiteSpace: "pre-line" }}>
          {detail}
        </Text>
        {retry && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
            {t("common.retry")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

/** The same in place of a whole page that could not be shown. */
export function PageProblem({ problem, retry }: Props) {
  return (
    <>
      <PageHeader title={describeProblem(problem).title} />
      <ProblemPanel problem={problem} retry={retry} />
    </>
  );
}
