import { Button, Container } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconMapPinOff } from "@tabler/icons-react";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../ui/EmptyState";
import { PageProblem } from "../ui/ProblemPanel";

export function Failure({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Container size="sm" py="xl">
      <PageProblem problem={error} retry={again} />
    </Container>
  );
}

export function Missing() {
  const { t } = useTranslation();
  const home = (
    <Button component={Link} to="/" variant="default">
      {t("shell.toHome")}
    </Button>
  );
  useDocumentTitle(`${t("shell.missing")} · Vestnik`);
  return <EmptyState icon={IconMapPinOff} heading title={t("shell.missing")} text={t("shell.missingHint")} actions={home} />;
}
