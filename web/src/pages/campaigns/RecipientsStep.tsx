import { Grid, Group, Radio, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { contactList } from "../../api/contact-list";
import { contacts } from "../../api/contacts";
import { segments, type Segment } from "../../api/segments";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { Rule } from "../segments/Rule";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { DraftForm } from "./Wizard";

const EVERYBODY = "";
const NONE = "";

/** Who gets it: a segment of contacts, of those who want this category. */
export function RecipientsStep({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(segments.list);
  const known = data?.items ?? [];
  const categories = useQuery(contacts.categories).data ?? [];
  const only = categories.length === 1 ? categories[0] : undefined;
  useEffect(() => {
    if (only && !form.values.categoryId && !form.isTouched("categoryId")) form.setFieldValue("categoryId", only.id);
  });
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack>
          <Panel title={t("campaigns.segment")} description={t("campaigns.segmentHint")}>
            <Radio.Group
              aria-label={t("campaigns.segment")}
              value={form.values.segmentId ?? EVERYBODY}
              onChange={(value) => form.setFieldValue("segmentId", value === EVERYBODY ? null : value)}
            >
              <Stack gap="xs">
                <Option value={EVERYBODY} label={t("campaigns.everybody")} text={t("campaigns.everybodyHint")} />
                {isPending && <RowsLoading rows={4} />}
                {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
                {known.map((segment) => <SegmentOption key={segment.id} segment={segment} />)}
              </Stack>
            </Radio.Group>
          </Panel>
          <Panel title={t("campaigns.category")} description={t("campaigns.categoryHint")}>
            <Radio.Group
              aria-label={t("campaigns.category")}
              value={form.values.categoryId ?? NONE}
              onChange={(value) => {
                form.setTouched({ categoryId: true });
                form.setFieldValue("categoryId", value === NONE ? null : value);
              }}
            >
              <Stack gap="xs">
                {categories.map((one) => <Option key={one.id} value={one.id} label={one.title} text={one.description} />)}
                <Option value={NONE} label={t("campaigns.noCategory")} text={t("campaigns.noCategoryHint")} />
              </Stack>
            </Radio.Group>
          </Panel>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <SegmentSize segmentId={form.values.segmentId} />
      </Grid.Col>
    </Grid>
  );
}

function SegmentOption({ segment }: { segment: Segment }) {
  const format = useFormat();
  const { data } = useQuery(segments.count(segment.id));
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <Radio value={segment.id} label={segment.name} description={<Rule segment={segment} size="xs" />} />
      <Text size="sm" c="dimmed" className="numbers">
        {format.number(data?.count)}
      </Text>
    </Group>
  );
}

function Option({ value, label, text }: { value: string; label: string; text: string }) {
  return <Radio value={value} label={label} description={text || undefined} />;
}

function SegmentSize({ segmentId }: { segmentId: string | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const segment = useQuery({ ...segments.count(segmentId ?? ""), enabled: segmentId !== null });
  const everybody = useQuery({ ...contactList.count({ search: "", filters: {}, sort: "name" }), enabled: segmentId === null });
  const count = segmentId === null ? everybody.data?.count : segment.data?.count;
  return (
    <Stack gap="xs" pos="sticky" top={76}>
      <Tile label={t("campaigns.inSegment")} value={format.number(count)} />
      <Text size="sm" c="dimmed">
        {t("campaigns.inSegmentHint")}
      </Text>
    </Stack>
  );
}
