import { Box, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ProviderPanel } from "../pages/contacts/panel/ProviderPanel";
import { panelQueries, type PanelSource } from "../pages/contacts/panel/source";
import { Trouble } from "../pages/contacts/panel/Trouble";
import { describeProblem } from "../ui/problems";

/** The panel alone, in another system's frame. */
export function Page({ source }: { source: PanelSource }) {
  const { t } = useTranslation();
  const name = useQuery(panelQueries.card(source)).data?.name;
  return (
    <Box component="main" p="sm" maw={720} mx="auto">
      <Title order={1} fz="md" mb="sm" style={{ overflowWrap: "anywhere" }}>
        {name || t("panel.title")}
      </Title>
      <ProviderPanel source={source} />
    </Box>
  );
}

/** What is there instead of a panel. */
export function NoPage({ problem, retry }: { problem: unknown; retry: () => void }) {
  const { t } = useTranslation();
  return (
    <Box component="main" p="sm" maw={720} mx="auto">
      <Title order={1} fz="md" mb="sm">
        {t("panel.title")}
      </Title>
      <Trouble {...describeProblem(problem)} retry={retry} />
    </Box>
  );
}
