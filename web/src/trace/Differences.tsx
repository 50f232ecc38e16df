import { Badge, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Difference, UnrecordedRequest } from "../api/modules";
import classes from "./trace.module.css";

/** Where a result differs from the one before: the place, what was there, what is there now. */
export function Differences({ differences }: { differences: Difference[] }) {
  const { t } = useTranslation();
  return (
    <ul className={classes.differences} aria-label={t("trace.differences")}>
      {differences.map((one) => (
        <li key={one.path}>
          <span className={classes.path}>{one.path}</span>
          <Side mark="−" kind="before" label={t("trace.before")} value={one.before} missing={isMissing(one, "before")} />
          <Side mark="+" kind="after" label={t("trace.after")} value={one.after} missing={isMissing(one, "after")} />
        </li>
      ))}
    </ul>
  );
}

/** Where the server does not say it, null is nothing: in the contract the two mean the same. */
function isMissing(one: Difference, side: "before" | "after"): boolean {
  return one.missing === undefined ? one[side] === null : one.missing === side;
}

interface SideProps {
  mark: string;
  kind: "before" | "after";
  label: string;
  value: unknown;
  missing: boolean;
}

function Side({ mark, kind, label, value, missing }: SideProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.side} data-kind={kind}>
      <span aria-label={label} role="img">
        {mark}
      </span>
      <span data-nothing={missing || undefined}>{missing ? t("trace.nothing") : (JSON.stringify(value, null, 1) ?? "null")}</span>
    </div>
  );
}

/** Requests that the text asked for and the recording does not hold: they were not sent. */
export function Unrecorded({ requests }: { requests: UnrecordedRequest[] }) {
  const { t } = useTranslation();
  if (requests.length === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={550}>
        {t("trace.unrecorded")}
      </Text>
      {requests.map(({ method, url }) => (
        <Group key={`${method} ${url}`} gap="xs" wrap="nowrap" align="baseline">
          <Badge color="orange" size="sm">
            {method}
          </Badge>
          <Text className={classes.url}>{url}</Text>
        </Group>
      ))}
    </Stack>
  );
}
