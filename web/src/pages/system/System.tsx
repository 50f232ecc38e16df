import { Alert, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { system, type SystemCard } from "../../api/system";
import { useFormat } from "../../ui/format";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem, ProblemPanel } from "../../ui/ProblemPanel";
import { Walls } from "../admin/Walls";
import { Alerts } from "./Alerts";
import { Checks } from "./Checks";
import { Disk, Versions } from "./Facts";
import { Hosts } from "./Hosts";
import { Modules } from "./Modules";
import { Queues } from "./Queues";

/** How the installation is right now, asked anew every few seconds. */
export default function System() {
  const { t } = useTranslation();
  const { data, error } = useQuery(system.card);
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader title={t("system.title")} description={t("system.description")} />
      <Stack>
        {error && <ProblemPanel problem={error} />}
        <Verdict card={data} />
        <Alerts card={data} />
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Checks card={data} />
          <Queues card={data} />
          <Hosts card={data} />
          <Disk card={data} />
        </SimpleGrid>
        <Modules modules={data.modules} />
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Walls known={data.walls} />
          <Versions card={data} />
        </SimpleGrid>
      </Stack>
    </>
  );
}

/** One sentence: whether anything asks for attention. */
function Verdict({ card }: { card: SystemCard }) {
  const { t } = useTranslation();
  const format = useFormat();
  const wrong =
    card.alerts.length +
    card.checks.filter((one) => !one.ok).length +
    card.queues.filter((one) => one.late).length +
    card.hosts.filter((one) => !one.alive).length;
  return (
    <Alert
      variant="light"
      color={wrong ? "red" : "green"}
      role={wrong ? "alert" : "status"}
      icon={wrong ? <IconAlertTriangle size={18} /> : undefined}
      title={wrong ? t("system.wrong", { count: wrong }) : t("system.well")}
    >
      <Text size="sm" c="dimmed" className="numbers">
        {t("system.asOf", { at: format.exact(card.at) })}
      </Text>
    </Alert>
  );
}
