import { ActionIcon, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconUserMinus, IconUsers } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { ContactRow } from "../../api/contacts";
import { segments, type Segment } from "../../api/segments";
import { DataList, PAGE_SIZE } from "../../ui/DataList";
import { Contactable } from "../../ui/Contactable";
import { EmptyState } from "../../ui/EmptyState";
import { useListState } from "../../ui/list-state";
import { tell, tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ContactChoice } from "./ContactChoice";

/** The contacts of a segment made by hand: found and added one by one, and taken out again. */
export function Members({ segment, writes }: { segment: Segment; writes: boolean }) {
  const { t } = useTranslation();
  const list = useListState();
  const client = useQueryClient();
  const source = useQuery(segments.members(segment.id, { search: list.search, offset: (list.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }));
  const changing = useMutation({
    mutationFn: ({ person, add }: { person: ContactRow; add: boolean }) =>
      segments.changeMembers(segment.id, add ? { add: [person.id] } : { remove: [person.id] }),
    onSuccess: async (_, { person, add }) => {
      tell(t(add ? "segments.added" : "segments.removed", { name: person.name }));
      await client.invalidateQueries({ queryKey: ["segments"] });
    },
    onError: tellProblem,
  });
  const columns = [
    {
      key: "name",
      title: t("contacts.name"),
      render: (row: ContactRow) => (
        <Link to="/contacts/$id" params={{ id: row.id }} className="row-link">
          {row.name}
        </Link>
      ),
    },
    { key: "email", title: t("contacts.email"), render: (row: ContactRow) => <Contactable text={row.email} /> },
    { key: "phone", title: t("contacts.phone"), hide: "tablet" as const, render: (row: ContactRow) => <Contactable text={row.phone} /> },
    ...(writes
      ? [
          {
            key: "remove",
            title: t("common.actions"),
            align: "end" as const,
            render: (row: ContactRow) => (
              <Tooltip label={t("segments.removeMember", { name: row.name })}>
                <ActionIcon
                  variant="subtle"
                  color="red"
                  aria-label={t("segments.removeMember", { name: row.name })}
                  onClick={() => changing.mutate({ person: row, add: false })}
                >
                  <IconUserMinus size={16} />
                </ActionIcon>
              </Tooltip>
            ),
          },
        ]
      : []),
  ];
  return (
    <Panel title={t("segments.membersTitle")} description={t("segments.membersHint")}>
      <Stack gap="md">
        {writes && (
          <Group gap="xs" align="flex-end">
            <ContactChoice
              // A new field after each one, empty again.
              key={changing.submittedAt}
              flex="1 1 260px"
              maw={480}
              label={t("segments.addMember")}
              placeholder={t("segments.addMemberFind")}
              nothingFoundMessage={t("common.nothingFound")}
              chosen={null}
              onChoose={(person) => person && changing.mutate({ person, add: true })}
            />
            {changing.isPending && (
              <Text size="sm" c="dimmed">
                {t("common.loading")}
              </Text>
            )}
          </Group>
        )}
        <DataList<ContactRow>
          label={t("segments.membersTitle")}
          source={source}
          list={list}
          columns={columns}
          searchLabel={t("segments.searchMembers")}
          empty={<EmptyState compact icon={IconUsers} title={t("segments.noMembers")} text={t(writes ? "segments.noMembersHint" : "segments.noMembersRead")} />}
        />
      </Stack>
    </Panel>
  );
}
