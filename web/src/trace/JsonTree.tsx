import { ActionIcon, Box, Button, CopyButton, Group, Tooltip, UnstyledButton } from "@mantine/core";
import { IconCheck, IconChevronRight, IconCopy } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { beginsWith, reachable, steps, type Step } from "./paths";
import classes from "./trace.module.css";

/** The place in a value that broke the contract. */
export interface Mark {
  path: string;
  expected: string | null;
  got: string | null;
}

interface Props {
  label: string;
  value: unknown;
  mark?: Mark | undefined;
}

const PORTION = 100;
const OPEN_DEPTH = 2;
const OPEN_SIZE = 20;

/** A value as a tree of members; where it breaks the contract, what was expected stands beside the place. */
export function JsonTree({ label, value, mark }: Props) {
  const { t } = useTranslation();
  const wrong = useMemo(() => {
    const path = mark && steps(mark.path);
    return path ? reachable(value, path) : null;
  }, [mark, value]);
  return (
    <Box className={classes.tree} tabIndex={0} role="region" aria-label={label}>
      <CopyButton value={JSON.stringify(value, null, 2) ?? "null"}>
        {({ copied, copy }) => (
          <Tooltip label={t(copied ? "common.copied" : "common.copy")}>
            <ActionIcon className={classes.copy} variant="subtle" color="gray" onClick={copy} aria-label={t("trace.copyValue")}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
      <ul>
        <Node name={null} value={value} path={[]} wrong={wrong} mark={mark} />
      </ul>
    </Box>
  );
}

interface NodeProps {
  name: Step | null;
  value: unknown;
  path: Step[];
  wrong: Step[] | null;
  mark: Mark | undefined;
}

function Node({ name, value, path, wrong, mark }: NodeProps) {
  const { t } = useTranslation();
  const members = typeof value === "object" && value !== null ? Object.entries(value) : null;
  const leads = wrong !== null && beginsWith(wrong, path);
  const here = leads && wrong.length === path.length;
  const [opened, setOpened] = useState(leads || path.length < OPEN_DEPTH || (members?.length ?? 0) <= OPEN_SIZE / (path.length + 1));
  const [shown, setShown] = useState(() => firstPortion(members, wrong, path));
  const head = (
    <>
      {name !== null && <span className={classes.name}>{typeof name === "number" ? `${name}: ` : `${JSON.stringify(name)}: `}</span>}
      {members ? <span className={classes.punctuation}>{summary(value, members.length, opened)}</span> : <Leaf value={value} />}
    </>
  );
  return (
    <li data-wrong={here || undefined}>
      {members && members.length > 0 ? (
        <UnstyledButton className={classes.toggle} aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <IconChevronRight size={13} className={classes.chevron} data-opened={opened || undefined} aria-hidden />
          {head}
        </UnstyledButton>
      ) : (
        <span className={classes.leaf}>{head}</span>
      )}
      {here && mark && <Expectation mark={mark} />}
      {members && opened && (
        <ul>
          {members.slice(0, shown).map(([key, member]) => {
            const step = Array.isArray(value) ? Number(key) : key;
            return <Node key={key} name={step} value={member} path={[...path, step]} wrong={wrong} mark={mark} />;
          })}
          {members.length > shown && (
            <li>
              <Button size="compact-xs" variant="subtle" onClick={() => setShown(shown + PORTION)}>
                {t("trace.moreMembers", { count: members.length - shown })}
              </Button>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

function firstPortion(members: [string, unknown][] | null, wrong: Step[] | null, path: Step[]): number {
  const next = wrong && beginsWith(wrong, path) ? wrong[path.length] : undefined;
  const place = next === undefined ? -1 : (members?.findIndex(([key]) => key === String(next)) ?? -1);
  return Math.max(PORTION, place + 1);
}

function summary(value: unknown, size: number, opened: boolean): string {
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (size === 0) return `${open}${close}`;
  return opened ? open : `${open} … ${size} ${close}`;
}

function Leaf({ value }: { value: unknown }) {
  const kind = value === null ? "null" : typeof value;
  return (
    <span className={classes.value} data-kind={kind}>
      {JSON.stringify(value) ?? "null"}
    </span>
  );
}

function Expectation({ mark }: { mark: Mark }) {
  const { t } = useTranslation();
  return (
    <div className={classes.expectation}>
      <span>{mark.path}</span>
      {mark.expected && (
        <Group component="span" gap={6} wrap="nowrap" align="baseline">
          <b>{t("trace.expected")}:</b> {mark.expected}
        </Group>
      )}
      {mark.got && (
        <Group component="span" gap={6} wrap="nowrap" align="baseline">
          <b>{t("trace.got")}:</b> {mark.got}
        </Group>
      )}
    </div>
  );
}
