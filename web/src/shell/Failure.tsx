import { Button, Container, Stack } from "@mantine/core";
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
    <Button component={Link} to="/">
      {t("shell.toHome")}
    </Button>
  );
  return (
    <Stack component="main" pt={64}>
      <EmptyState icon={IconMapPinOff} heading title={t("shell.missing")} text={t("shell.missingHint")} actions={home} />
    </Stack>
  );
}
