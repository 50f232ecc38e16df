import { Button, Group, Radio, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { CampaignType } from "../../api/campaigns";
import { planning, type Offer } from "../../api/planning";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { RowsLoading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import type { DraftForm } from "./Wizard";

/** What the campaign is called and which account sends it. */
export function ServiceStep({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery(planning.services);
  const all = data?.items ?? [];
  const sms = all.some((account) => account.campaignTypes.includes("sms"));
  const usable = all.filter((account) => account.campaignTypes.includes(form.values.type) && !account.whyNot);
  const fitting = [...usable, ...all.filter((account) => account.whyNot)];
  const only = usable.length === 1 ? usable[0] : undefined;
  useEffect(() => {
    if (only && !form.values.accountId) form.setFieldValue("accountId", only.id);
  });
  return (
    <Stack>
      <Panel>
        <Stack>
          <TextInput label={t("campaigns.name")} description={t("campaigns.nameHint")} {...form.getInputProps("name")} />
          {sms && (
            <SegmentedControl
              w="fit-content"
              aria-label={t("campaigns.kind")}
              value={form.values.type}
              onChange={(type) => {
                form.setFieldValue("type", type as CampaignType);
                form.setFieldValue("accountId", null);
              }}
              data={["email", "sms"].map((type) => ({ value: type, label: t(`campaigns.type.${type}`) }))}
            />
          )}
        </Stack>
      </Panel>
      <Panel title={t("campaigns.service")} description={t("campaigns.serviceHint")}>
        {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {isPending && <RowsLoading rows={2} />}
        {data && usable.length === 0 && <NoAccounts />}
        <AccountChoice accounts={fitting} form={form} />
      </Panel>
    </Stack>
  );
}

function AccountChoice({ accounts: fitting, form }: { accounts: Offer[]; form: DraftForm }) {
  const { t } = useTranslation();
  return (
    <Radio.Group
      aria-label={t("campaigns.service")}
      value={form.values.accountId}
      onChange={(value) => {
        form.setFieldValue("accountId", value);
        form.setFieldValue("templateId", null);
        form.clearFieldError("accountId");
      }}
      error={form.errors.accountId}
    >
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} mb="xs">
        {fitting.map((account) => (
          <Radio.Card key={account.id} value={account.id} p="md" className="choice" disabled={account.whyNot !== null} aria-describedby={account.whyNot ? `why-not-${account.id}` : undefined}>
            <Group wrap="nowrap" align="flex-start">
              <Radio.Indicator disabled={account.whyNot !== null} />
              <Stack gap={4} miw={0} flex={1}>
                <Text fw={600} truncate c={account.whyNot ? "dimmed" : undefined}>
                  {account.title}
                </Text>
                <Text size="sm" c="dimmed" truncate>
                  {localised(account.moduleTitle)}
                </Text>
                {account.whyNot && (
                  <Text size="sm" id={`why-not-${account.id}`}>
                    {account.whyNot}
                  </Text>
                )}
              </Stack>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

function NoAccounts() {
  const { t } = useTranslation();
  const action = (
    <Button component={Link} to="/accounts/new">
      {t("accounts.add")}
    </Button>
  );
  return <EmptyState compact icon={IconPlugConnected} title={t("campaigns.noAccounts")} text={t("campaigns.noAccountsHint")} actions={action} />;
}
