import { Box, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { LogLine } from "../api/modules";
import classes from "./trace.module.css";

/** What a module wrote while it ran. */
export function LogView({ lines }: { lines: LogLine[] }) {
  const { t } = useTranslation();
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("trace.noLog")}
      </Text>
    );
  }
  return (
    <Box component="ol" className={classes.log} tabIndex={0} role="region" aria-label={t("trace.log")}>
      {lines.map((line, index) => (
        // Lines of a log have no name but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} data-level={line.level}>
          <span className={classes.level}>{line.level}</span>
          <span>{line.message}</span>
        </li>
      ))}
    </Box>
  );
}
