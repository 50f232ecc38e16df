import { Button, CloseButton, Group, Menu, Paper, Text } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Selection } from "../../../api/contact-list";
import { useRight } from "../../../api/session";
import { ExportMenu } from "../../imports/ExportMenu";
import { BulkDialog, type BulkKind } from "./BulkDialog";
import classes from "./BulkBar.module.css";

const OWN: BulkKind[] = ["set_owner", "give_consent", "withdraw_consent", "block", "unblock"];
const OF_SEGMENTS: BulkKind[] = ["add_to_segment", "remove_from_segment"];

interface Props {
  /** How many are chosen, in words. */
  words: ReactNode;
  selection: Selection;
  /** Offers to choose everybody that was found, where that is more. */
  widen?: () => void;
  clear: () => void;
}

/** What can be done with the chosen contacts; it stays in view while the list scrolls. */
export function BulkBar({ words, selection, widen, clear }: Props) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<BulkKind>();
  const segments = useRight("segments.write");
  return (
    <Paper withBorder shadow="md" p="xs" px="md" className={classes.bar} role="region" aria-label={t("contactList.bulk")}>
      <Group gap="sm" justify="space-between">
        <Group gap={6} wrap="nowrap">
          <Text size="sm" fw={550} className="numbers" aria-live="polite">
            {words}
          </Text>
          <CloseButton size="sm" aria-label={t("contactList.unselect")} onClick={clear} />
        </Group>
        <Group gap="xs">
          {widen && (
            <Button variant="subtle" size="compact-sm" onClick={widen}>
              {t("contactList.selectAll")}
            </Button>
          )}
          <ExportMenu selection={selection} />
          <Menu position="top-end">
            <Menu.Target>
              <Button size="sm" rightSection={<IconChevronDown size={14} />}>
                {t("common.actions")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {(segments ? [...OF_SEGMENTS, ...OWN] : OWN).map((each) => (
                <Menu.Item key={each} color={each === "block" ? "red" : undefined} onClick={() => setKind(each)}>
                  {t(`contactList.do.${each}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      {kind && <BulkDialog kind={kind} words={words} selection={selection} onClose={() => setKind(undefined)} />}
    </Paper>
  );
}
