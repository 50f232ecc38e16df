import { Button, Group, Radio, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconBrandPython } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type SettingValues } from "../../api/accounts";
import { modules, type ModuleRow } from "../../api/modules";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { SettingsForm } from "./SettingsForm";

export default function NewAccount() {
  const { t } = useTranslation();
  const { data, error, isPending } = useQuery(modules.list);
  const [chosen, setChosen] = useState<string | null>(null);
  const enabled = data?.items.filter((row) => row.enabled) ?? [];
  const current = enabled.find((row) => row.id === chosen) ?? (enabled.length === 1 ? enabled[0] : undefined);
  return (
    <>
      <PageHeader
        title={t("accounts.new")}
        description={t("accounts.newDescription")}
        back={{ to: "/accounts", label: t("accounts.title") }}
      />
      <Stack maw={820}>
        {error && <ProblemPanel problem={error} />}
        {isPending && <RowsLoading rows={3} />}
        {data && enabled.length === 0 && <NoModules />}
        {enabled.length > 0 && (
          <Panel title={t("accounts.chooseModule")}>
            <ModuleChoice rows={enabled} value={current?.id ?? null} onChange={setChosen} />
          </Panel>
        )}
        {current && <Details key={current.id} row={current} />}
      </Stack>
    </>
  );
}

function NoModules() {
  const { t } = useTranslation();
  const action = (
    <Button component={Link} to="/modules">
      {t("accounts.toModules")}
    </Button>
  );
  return (
    <Panel>
      <EmptyState icon={IconBrandPython} title={t("accounts.noModules")} text={t("accounts.noModulesHint")} actions={action} />
    </Panel>
  );
}

function ModuleChoice({ rows, value, onChange }: { rows: ModuleRow[]; value: string | null; onChange: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <Radio.Group value={value} onChange={onChange} aria-label={t("accounts.chooseModule")}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {rows.map((row) => (
          <Radio.Card key={row.id} value={row.id} p="md" className="choice">
            <Group wrap="nowrap" align="flex-start">
              <Radio.Indicator />
              <Stack gap={2} miw={0}>
                <Text fw={600}>{localised(row.title)}</Text>
                <Text size="sm" c="dimmed" lineClamp={2}>
                  {localised(row.description)}
                </Text>
              </Stack>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

function Details({ row }: { row: ModuleRow }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [title, setTitle] = useState(localised(row.title));
  const card = useQuery(modules.card(row.id));
  const creation = useMutation({
    mutationFn: (settings: SettingValues) => accounts.create({ moduleId: row.id, title: title.trim(), settings }),
    onSuccess: async (account) => {
      tell(t("accounts.created"));
      await client.invalidateQueries({ queryKey: ["accounts"] });
      await navigate({ to: "/accounts/$id", params: { id: account.id } });
    },
  });
  if (!card.data) return <RowsLoading rows={3} />;
  return (
    <Panel title={t("accounts.settings")} description={t("accounts.settingsHint")}>
      <Stack>
        {creation.error && <ProblemPanel problem={creation.error} />}
        <TextInput
          label={t("accounts.titleField")}
          description={t("accounts.titleHint")}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
          error={title.trim() ? null : t("accounts.titleNeeded")}
        />
        <SettingsForm
          settings={(card.data.live.manifest.settings ?? {}) as Record<string, unknown>}
          secretsSet={[]}
          initial={{}}
          busy={creation.isPending}
          action={t("accounts.create")}
          onSave={(settings) => title.trim() && creation.mutate(settings)}
        />
      </Stack>
    </Panel>
  );
}
