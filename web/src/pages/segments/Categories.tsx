import { Button, Group, Paper, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconCategory, IconMailOff, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { contacts, type Category } from "../../api/contacts";
import { planning } from "../../api/planning";
import { useRight } from "../../api/session";
import { Dialog } from "../../ui/Dialog";
import { EmptyState } from "../../ui/EmptyState";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";

/** What people subscribe to: news, offers, service letters. */
export default function Categories() {
  const { t } = useTranslation();
  const { data, error, isPending } = useQuery(contacts.categories);
  const [creating, dialog] = useDisclosure();
  const figures = useQuery(planning.categories);
  const problem = error ?? figures.error;
  const format = useFormat();
  const writes = useRight("contacts.write");
  const number = (value: number | undefined) => (value === undefined ? "…" : format.number(value));
  const date = (value: string | null | undefined) => (value ? format.date(value) : value === null ? "—" : "…");
  const add = writes && (
    <Button leftSection={<IconPlus size={16} />} onClick={dialog.open}>
      {t("categories.add")}
    </Button>
  );
  const suppressed = (
    <Button variant="default" component={Link} to="/stop-list" leftSection={<IconMailOff size={16} />}>
      {t("stopList.title")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("categories.title")} description={t("categories.description")} actions={<>{suppressed}{add}</>} />
      {problem && <ProblemPanel problem={problem} />}
      {isPending && <RowsLoading rows={3} />}
      {data?.length === 0 && (
        <Paper>
          <EmptyState icon={IconCategory} title={t("categories.empty")} text={t("categories.emptyHint")} actions={add} />
        </Paper>
      )}
      {data && data.length > 0 && (
        <Rows<Category>
          label={t("categories.title")}
          rows={data}
          columns={[
            {
              key: "title",
              title: t("common.name"),
              width: "24%",
              render: (row) => (
                <Link to="/categories/$id" params={{ id: row.id }} className="row-link">
                  {row.title}
                </Link>
              ),
            },
            { key: "description", title: t("categories.about"), hide: "tablet", render: (row) => row.description || "—" },
            { key: "subscribed", title: t("categories.subscribed"), align: "end", render: (row) => number(figures.data?.get(row.id)?.subscribed) },
            { key: "issues", title: t("categories.issueCount"), align: "end", render: (row) => number(figures.data?.get(row.id)?.issues) },
            { key: "last", title: t("categories.lastIssue"), align: "end", width: 160, render: (row) => date(figures.data?.get(row.id)?.lastAt) },
          ]}
        />
      )}
      <NewCategory opened={creating} onClose={dialog.close} />
    </>
  );
}

function NewCategory({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { title: "", description: "" },
    validate: { title: (value) => (value.trim() ? null : t("categories.titleNeeded")) },
  });
  const creation = useMutation({
    mutationFn: contacts.createCategory,
    onSuccess: async () => {
      tell(t("categories.created"));
      form.reset();
      onClose();
      await client.invalidateQueries({ queryKey: ["categories"] });
    },
  });
  return (
    <Dialog opened={opened} onClose={onClose} title={t("categories.add")}>
      <form onSubmit={form.onSubmit((values) => creation.mutate(values))} noValidate>
        <Stack>
          {creation.error && <ProblemPanel problem={creation.error} />}
          <TextInput data-autofocus label={t("common.name")} {...form.getInputProps("title")} />
          <Textarea label={t("categories.about")} description={t("categories.aboutHint")} autosize minRows={2} {...form.getInputProps("description")} />
          <Group justify="flex-end">
            <Button type="submit" loading={creation.isPending}>
              {t("categories.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
