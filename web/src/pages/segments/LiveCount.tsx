import { Alert, Anchor, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { segments, type RuleGroup } from "../../api/segments";
import { Contactable } from "../../ui/Contactable";
import { useFormat } from "../../ui/format";
import { describeProblem } from "../../ui/problems";
import { complete } from "./rule";

/** How many contacts the rule picks, and some of them; counted while it is built. */
export function LiveCount({ rule }: { rule: RuleGroup }) {
  const { t } = useTranslation();
  const format = useFormat();
  const ready = complete(rule);
  const { data, error, isFetching } = useQuery({ ...segments.countRule(rule), enabled: ready });
  if (!ready) {
    return (
      <Text size="sm" c="dimmed" aria-live="polite">
        {t("segments.incomplete")}
      </Text>
    );
  }
  return (
    <Stack gap="md">
      <Group gap="xs" mih={36} aria-live="polite">
        {error && !isFetching ? (
          <Alert color="orange" title={describeProblem(error).title}>
            {describeProblem(error).detail}
          </Alert>
        ) : (
          data && (
            <Text fz={26} fw={650} lh={1.2} className="numbers" opacity={isFetching ? 0.5 : 1}>
              {t("segments.found", { count: data.count, shown: format.number(data.count) })}
            </Text>
          )
        )}
        {isFetching && (
          <Group gap={6}>
            <Loader size={14} aria-hidden />
            <Text size="sm" c="dimmed">
              {t("segments.counting")}
            </Text>
          </Group>
        )}
      </Group>
      <Sample rule={rule} />
    </Stack>
  );
}

function Sample({ rule }: { rule: RuleGroup }) {
  const { t } = useTranslation();
  const { data } = useQuery(segments.sample(rule));
  if (!data) return null;
  if (data.items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("segments.nobody")}
      </Text>
    );
  }
  return (
    <Stack gap={6}>
      <Text size="xs" fw={550} c="dimmed">
        {t("segments.example")}
      </Text>
      {data.items.map((one) => (
        <Stack key={one.id} gap={0}>
          <Anchor component={Link} to={`/contacts/${one.id}`} size="sm">
            {one.name}
          </Anchor>
          <Text size="xs" c="dimmed">
            <Contactable text={one.email ?? one.phone} />
          </Text>
        </Stack>
      ))}
    </Stack>
  );
}
