import { Badge, Group, Loader, Paper, Text, UnstyledButton } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CheckResult } from "../../api/modules";
import type { Diagnostic } from "../../editor/marks";
import classes from "./Studio.module.css";

interface Props {
  check: CheckResult | undefined;
  checking: boolean;
  onShow: (found: Diagnostic) => void;
}

const COLOURS = { error: "red", warning: "yellow", info: "blue" };

/** The server's findings about the text in the editor; each one leads to its line. */
export function Problems({ check, checking, onShow }: Props) {
  const { t } = useTranslation();
  const found = check?.diagnostics ?? [];
  const summary = found.length > 0 ? t("studio.problemCount", { count: found.length }) : t(check ? "studio.noProblems" : "studio.checking");
  return (
    <Paper component="section" aria-label={t("studio.problems")} aria-live="polite">
      <Group gap="xs" px="sm" py={8}>
        {check && found.length === 0 && <IconCircleCheck size={18} color="var(--mantine-color-teal-7)" aria-hidden />}
        <Text size="sm" fw={550}>
          {summary}
        </Text>
        {checking && <Loader size={14} ml="auto" role="img" aria-label={t("studio.checking")} />}
      </Group>
      {found.length > 0 && (
        <div style={{ maxHeight: 180, overflow: "auto", paddingBottom: 6 }}>
          {found.map((one) => (
            <UnstyledButton key={`${one.line}:${one.column}:${one.message}`} className={classes.problem} onClick={() => onShow(one)}>
              <span className={classes.position}>
                {one.line}:{one.column}
              </span>
              <span style={{ flex: 1 }}>{one.message}</span>
              <Badge size="sm" color={COLOURS[one.severity]}>
                {t(`studio.kind.${one.kind}`, { defaultValue: one.kind })}
              </Badge>
            </UnstyledButton>
          ))}
        </div>
      )}
    </Paper>
  );
}
