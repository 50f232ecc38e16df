import { Skeleton, Stack, Text } from "@mantine/core";
import { IconMailOff, IconPlugConnected } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { EmptyState } from "../../../ui/EmptyState";
import { Panel } from "../../../ui/Panel";
import { describeProblem } from "../../../ui/problems";
import { AccountBlock } from "./AccountBlock";
import { panelQueries, SourceOfPanel, type PanelSource } from "./source";
import { Trouble } from "./Trouble";

/** What each connected account's service knows of a person: one block for an account, each on its own. */
export function ProviderPanel({ source }: { source: PanelSource }) {
  return (
    <SourceOfPanel value={source}>
      <Blocks source={source} />
    </SourceOfPanel>
  );
}

function Blocks({ source }: { source: PanelSource }) {
  const { t } = useTranslation();
  const { data, error, refetch, isFetching } = useQuery(panelQueries.card(source));
  if (error && !data) return <Trouble {...describeProblem(error)} busy={isFetching} retry={() => void refetch()} />;
  if (!data) {
    return (
      <Panel title={t("panel.title")}>
        <Stack gap="sm" role="status" aria-label={t("common.loading")}>
          <Skeleton h={14} w="60%" />
          <Skeleton h={14} w="80%" />
        </Stack>
      </Panel>
    );
  }
  if (data.accounts.length === 0) {
    return (
      <Panel title={t("panel.title")}>
        <EmptyState compact icon={IconPlugConnected} title={t("panel.noAccounts")} text={t("panel.noAccountsHint")} actions={source.connect} />
      </Panel>
    );
  }
  if (data.emails.length === 0) {
    return (
      <Panel title={t("panel.title")}>
        <EmptyState compact icon={IconMailOff} title={t("panel.noEmail")} text={t("panel.noEmailHint")} />
      </Panel>
    );
  }
  return (
    <Stack>
      {data.accounts.map((account) => (
        <AccountBlock key={account.id} account={account} card={data} />
      ))}
      {data.contactId === null && (
        <Text size="xs" c="dimmed">
          {t("panel.stranger")}
        </Text>
      )}
    </Stack>
  );
}
