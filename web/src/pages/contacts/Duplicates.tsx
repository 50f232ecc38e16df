import { Button, Center, Group, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconArrowsJoin, IconUsersGroup } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { duplicates, type DuplicateGroup, type Ground } from "../../api/card";
import { useRight } from "../../api/session";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { phone } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { MergeDialog } from "./MergeDialog";

/** Contacts that may be one person, for a person to look at. */
export default function Duplicates() {
  const { t } = useTranslation();
  const [ground, setGround] = useState<Ground>("address");
  const [reviewed, setReviewed] = useState<DuplicateGroup | null>(null);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(duplicates.groups(ground));
  const groups = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title={t("merge.title")} description={t("merge.description")} back={{ to: "/contacts", label: t("contacts.title") }} />
      <Stack>
        <SegmentedControl
          w={{ base: "100%", xs: "fit-content" }}
          aria-label={t("merge.groundLabel")}
          value={ground}
          onChange={(value) => setGround(value as Ground)}
          data={[
            { value: "address", label: t("merge.ground.address") },
            { value: "name", label: t("merge.ground.name") },
          ]}
        />
        {error && <ProblemPanel problem={error} />}
        {isPending && <RowsLoading rows={4} />}
        {data && groups.length === 0 && !hasNextPage && (
          <Paper>
            <EmptyState icon={IconUsersGroup} title={t("merge.empty")} text={t("merge.emptyHint")} />
          </Paper>
        )}
        {groups.map((group) => (
          <Candidates key={group.contacts.map((one) => one.id).join()} group={group} review={() => setReviewed(group)} />
        ))}
        {hasNextPage && (
          <Center>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {t("merge.more")}
            </Button>
          </Center>
        )}
      </Stack>
      {reviewed && <MergeDialog people={reviewed.contacts} onClose={() => setReviewed(null)} onMerged={() => setReviewed(null)} />}
    </>
  );
}

function Candidates({ group, review }: { group: DuplicateGroup; review: () => void }) {
  const { t } = useTranslation();
  const writes = useRight("contacts.write");
  return (
    <Paper p="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={6} miw={0} flex="1 1 260px">
          <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
            {group.ground === "address" ? <Contactable text={group.shared} /> : group.shared}
          </Text>
          {group.contacts.map((one) => (
            <Text key={one.id} size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              <Link to="/contacts/$id" params={{ id: one.id }} className="row-link">
                {one.name}
              </Link>{" "}
              {[one.company?.name, one.email, one.phone && phone(one.phone)].filter(Boolean).join(" · ")}
            </Text>
          ))}
        </Stack>
        {writes && (
          <Button
            variant="default"
            leftSection={<IconArrowsJoin size={16} />}
            aria-label={t("merge.reviewNamed", { name: group.shared })}
            onClick={review}
          >
            {t("merge.review")}
          </Button>
        )}
      </Group>
    </Paper>
  );
}
