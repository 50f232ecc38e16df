import { Alert, Button, Group, Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconAlertTriangle, IconMapPinOff, IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/client";
import { EmptyState } from "./EmptyState";
import { PageHeader } from "./PageHeader";
import { describeProblem, traceIdOf } from "./problems";
import { TraceId } from "./TraceId";

interface Props {
  problem: unknown;
  retry?: () => void;
}

/** What went wrong, in the server's words, and a way to try again. */
export function ProblemPanel({ problem, retry }: Props) {
  const { t } = useTranslation();
  const { title, detail } = describeProblem(problem);
  const traceId = traceIdOf(problem);
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
      {traceId && <TraceId id={traceId} />}
    </Alert>
  );
}

/** The same in place of a whole page that could not be shown; what is not there is not worth another try. */
export function PageProblem({ problem, retry }: Props) {
  if (problem instanceof Problem && problem.status === 404) return <Gone problem={problem} />;
  return (
    <>
      <PageHeader title={describeProblem(problem).title} />
      <ProblemPanel problem={problem} retry={retry} />
    </>
  );
}

function Gone({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { title, detail } = describeProblem(problem);
  useDocumentTitle(`${title} · Vestnik`);
  const home = (
    <Button component={Link} to="/" variant="default">
      {t("shell.toHome")}
    </Button>
  );
  return <EmptyState heading icon={IconMapPinOff} title={title} text={detail} actions={home} />;
}
