import { Text, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import classes from "./Start.module.css";

/** Something to try: leads to the page where that is done. */
export function Trial({ text, note, disabled, onVisit }: { text: string; note?: string; disabled: boolean; onVisit: () => void }) {
  return (
    <UnstyledButton className={classes.trial} onClick={onVisit} disabled={disabled}>
      <span>
        <Text size="sm" component="span">
          {text}
        </Text>
        {note && (
          <Text size="xs" c="dimmed" component="span" display="block">
            {note}
          </Text>
        )}
      </span>
      <IconChevronRight size={16} aria-hidden />
    </UnstyledButton>
  );
}
