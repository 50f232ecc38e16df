import { Button, Center, Group, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowBackUp, IconArrowsJoin, IconArrowsSplit, IconUsersGroup } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { duplicates, type DuplicateGroup, type Ground } from "../../api/card";
import type { ContactRow } from "../../api/contacts";
import { useRight } from "../../api/session";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { Facts } from "../../ui/Facts";
import { phone, useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell, tellProblem } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { MergeDialog } from "./MergeDialog";

/** Contacts that may be one person, for a person to look at. */
export default function Duplicates() {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Ground | "distinct">("address");
  const narrow = useMediaQuery("(max-width: 36em)", false, { getInitialValueInEffect: false });
  return (
    <>
      <PageHeader title={t("merge.title")} description={t("merge.description")} back={{ to: "/contacts", label: t("contacts.title") }} />
      <Stack>
        <SegmentedControl
          w={{ base: "100%", xs: "fit-content" }}
          orientation={narrow ? "vertical" : "horizontal"}
          aria-label={t("merge.groundLabel")}
          value={shown}
          onChange={(value) => setShown(value as Ground | "distinct")}
          data={[
            { value: "address", label: t("merge.ground.address") },
            { value: "name", label: t("merge.ground.name") },
            { value: "distinct", label: t("merge.distinctTab") },
          ]}
        />
        {shown === "distinct" ? <Distinct /> : <Groups key={shown} ground={shown} />}
      </Stack>
    </>
  );
}

/** Groups that share an address, or a name in a company. */
function Groups({ ground }: { ground: Ground }) {
  const { t } = useTranslation();
  const [reviewed, setReviewed] = useState<DuplicateGroup | null>(null);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(duplicates.groups(ground));
  const groups = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Stack>
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
  const client = useQueryClient();
  const writes = useRight("contacts.write");
  const saying = useMutation({
    mutationFn: () => duplicates.sayDistinct(group),
    onSuccess: () => tell(t("merge.distinctDone")),
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["contacts"] }),
  });
  return (
    <Alike title={group.ground === "address" ? <Contactable text={group.shared} /> : group.shared} people={group.contacts}>
      {writes && (
        <Group gap="xs">
          <Button
            variant="subtle"
            color="gray"
            leftSection={<IconArrowsSplit size={16} />}
            aria-label={t("merge.distinctNamed", { name: group.shared })}
            loading={saying.isPending}
            onClick={() => saying.mutate()}
          >
            {t("merge.distinct")}
          </Button>
          <Button
            variant="default"
            leftSection={<IconArrowsJoin size={16} />}
            aria-label={t("merge.reviewNamed", { name: group.shared })}
            onClick={review}
          >
            {t("merge.review")}
          </Button>
        </Group>
      )}
    </Alike>
  );
}

/** Who was said to be different people, and may be taken back. */
function Distinct() {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const writes = useRight("contacts.write");
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(duplicates.distinct);
  const said = data?.pages.flatMap((page) => page.items) ?? [];
  const taking = useMutation({
    mutationFn: duplicates.takeBack,
    onSuccess: () => tell(t("merge.takenBack")),
    onError: tellProblem,
    onSettled: () => client.invalidateQueries({ queryKey: ["contacts"] }),
  });
  return (
    <Stack>
      {error && <ProblemPanel problem={error} />}
      {isPending && <RowsLoading rows={4} />}
      {data && said.length === 0 && (
        <Paper>
          <EmptyState icon={IconUsersGroup} title={t("merge.distinctEmpty")} text={t("merge.distinctEmptyHint")} />
        </Paper>
      )}
      {said.map((each) => (
        <Alike
          key={each.id}
          title={each.ground === "address" ? <Contactable text={each.shared} /> : t("merge.sameCompany", { name: each.shared })}
          note={[each.createdBy, format.dateTime(each.createdAt)].filter(Boolean).join(", ")}
          people={each.contacts}
        >
          {writes && (
            <Button
              variant="default"
              leftSection={<IconArrowBackUp size={16} />}
              aria-label={t("merge.takeBackNamed", { name: each.shared })}
              loading={taking.isPending && taking.variables === each.id}
              onClick={() => taking.mutate(each.id)}
            >
              {t("merge.takeBack")}
            </Button>
          )}
        </Alike>
      ))}
      {hasNextPage && (
        <Center>
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("merge.more")}
          </Button>
        </Center>
      )}
    </Stack>
  );
}

interface AlikeProps {
  title: ReactNode;
  note?: string;
  people: ContactRow[];
  children: ReactNode;
}

/** Contacts that share something, and what can be done with them. */
function Alike({ title, note, people, children }: AlikeProps) {
  return (
    <Paper p="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={6} miw={0} flex="1 1 260px">
          <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
            {title}
          </Text>
          {people.map((one) => (
            <Group key={one.id} gap="xs" style={{ rowGap: 0 }}>
              <Text size="sm">
                <Link to="/contacts/$id" params={{ id: one.id }} className="row-link">
                  {one.name}
                </Link>
              </Text>
              <Text size="sm" c="dimmed">
                <Facts of={[one.company?.name, one.email, one.phone && phone(one.phone)]} />
              </Text>
            </Group>
          ))}
          {note && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </Stack>
        {children}
      </Group>
    </Paper>
  );
}
