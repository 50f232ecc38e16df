import { Box } from "@mantine/core";
import classes from "./CodeBlock.module.css";

/** Text as it came, of any length; scrolls by keyboard too. */
export function CodeBlock({ text, label, height = 320 }: { text: string; label: string; height?: number }) {
  return (
    <Box component="pre" className={classes.block} mah={height} tabIndex={0} role="region" aria-label={label}>
      {text}
    </Box>
  );
}

/** A value as readable JSON; a text that is no JSON as it stands. */
export function pretty(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "null";
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
