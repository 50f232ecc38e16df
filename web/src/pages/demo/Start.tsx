import { Alert, Anchor, Badge, Button, Card, Group, SimpleGrid, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconExternalLink, IconSkull, IconTestPipe } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { demo, type Demo } from "../../api/demo";
import { useSession, type PlayedRole } from "../../api/session";
import { PageLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { PageProblem } from "../../ui/ProblemPanel";
import { LeadsApiCard } from "./LeadsApiCard";
import { LetterCard } from "./LetterCard";
import { ROLE_ICONS } from "./RoleChoice";
import classes from "./Start.module.css";
import { Trial } from "./Trial";
import { inSeconds, useKill } from "./use-kill";
import { useVisit } from "./use-visit";

/** What each kind of user can try here, and where. */
const TRIALS: Record<PlayedRole, { name: string; path: string }[]> = {
  marketer: [
    { name: "send", path: "/campaigns?state=draft" },
    { name: "statistics", path: "/campaigns?state=sent" },
    { name: "import", path: "/templates" },
    { name: "segment", path: "/segments" },
    { name: "sync", path: "/syncs" },
  ],
  editor: [
    { name: "prepare", path: "/campaigns?state=sent" },
    { name: "letters", path: "/templates" },
  ],
  integrator: [
    { name: "editor", path: "/modules" },
    { name: "webhooks", path: "/webhooks" },
    { name: "account", path: "/accounts" },
  ],
  administrator: [
    { name: "intake", path: "/settings/intake" },
    { name: "hosts", path: "/accounts" },
    { name: "users", path: "/users" },
    { name: "audit", path: "/audit" },
  ],
  sales_manager: [
    { name: "leads", path: "/leads" },
    { name: "orders", path: "/orders" },
    { name: "calendar", path: "/calendar" },
    { name: "contact", path: "/contacts" },
    { name: "results", path: "/campaigns?state=sent" },
  ],
};
const ORDER: PlayedRole[] = ["marketer", "editor", "integrator", "administrator", "sales_manager"];

export default function Start() {
  const { t } = useTranslation();
  const { data, error } = useQuery(demo.query);
  if (error && !data) return <PageProblem problem={error} />;
  if (!data) return <PageLoading />;
  return (
    <>
      <PageHeader title={t("demo.whereToStart")} description={t("demo.startText")} />
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          {ORDER.map((role) => (
            <RoleCard key={role} role={role} person={data.people.find((one) => one.role === role)?.name} />
          ))}
          {data.simulatorUrl && <SimulatorCard url={data.simulatorUrl} />}
        </SimpleGrid>
        {data.hasLetters && <LetterCard />}
        {data.leadsApi && <LeadsApiCard api={data.leadsApi} />}
        <KillCard state={data} />
      </Stack>
    </>
  );
}

function RoleCard({ role, person }: { role: PlayedRole; person: string | undefined }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const change = useVisit();
  const Picture = ROLE_ICONS[role];
  const current = user.role === role;
  return (
    <Card p="lg" component="section" aria-label={t(`role.${role}`)} className={current ? classes.current : undefined}>
      <Group wrap="nowrap" align="flex-start" mb="sm">
        <ThemeIcon size={44} variant={current ? "filled" : "light"}>
          <Picture size={24} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Stack gap={2} flex={1}>
          <Group gap="xs">
            <Text fw={650} component="h2" m={0} fz="lg">
              {t(`role.${role}`)}
            </Text>
            {current && <Badge>{t("demo.you")}</Badge>}
          </Group>
          <Text size="sm" c="dimmed">
            {[person, t(`demo.about.${role}`)].filter(Boolean).join(". ")}
          </Text>
        </Stack>
      </Group>
      <Stack gap={2} flex={1}>
        {TRIALS[role].map((trial) => (
          <Trial
            key={trial.name}
            text={t(`demo.trial.${trial.name}`)}
            disabled={change.isPending}
            onVisit={() => change.mutate({ role, path: trial.path })}
          />
        ))}
      </Stack>
      {!current && (
        <Button mt="sm" variant="light" loading={change.isPending} onClick={() => change.mutate({ role, path: "/start" })}>
          {t("demo.become", { role: t(`role.${role}`) })}
        </Button>
      )}
    </Card>
  );
}

function SimulatorCard({ url }: { url: string }) {
  const { t, i18n } = useTranslation();
  return (
    <Card p="lg" component="section" aria-label={t("demo.simulator")}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={44} variant="light" color="teal">
          <IconTestPipe size={24} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Stack gap="xs">
          <Text fw={650} component="h2" m={0} fz="lg">
            {t("demo.simulator")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("demo.simulatorText")}
          </Text>
          <Anchor href={`${url}/?lang=${i18n.language}`} target="_blank" rel="noreferrer" size="sm" fw={550}>
            <Group gap={6}>
              {t("demo.openSimulator")}
              <IconExternalLink size={15} aria-hidden />
            </Group>
          </Anchor>
          <Anchor href={`${url}/mail?lang=${i18n.language}`} target="_blank" rel="noreferrer" size="sm" fw={550}>
            <Group gap={6}>
              {t("demo.openMail")}
              <IconExternalLink size={15} aria-hidden />
            </Group>
          </Anchor>
        </Stack>
      </Group>
    </Card>
  );
}

function KillCard({ state }: { state: Demo }) {
  const { t, i18n } = useTranslation();
  const { kill, busy, seconds } = useKill();
  return (
    <Card p="lg" component="section" aria-label={t("demo.killTitle")}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={44} variant="light" color="red">
          <IconSkull size={24} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Stack gap="xs" align="flex-start" flex={1}>
          <Text fw={650} component="h2" m={0} fz="lg">
            {t("demo.killTitle")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("demo.killText")}
          </Text>
          {busy && (
            <Alert color="orange" role="status" py="xs">
              {t("demo.reconnecting")}
            </Alert>
          )}
          {seconds !== null && !busy && (
            <Alert color="teal" role="status" py="xs">
              {t("demo.alive", { seconds: inSeconds(seconds, i18n.language) })}
            </Alert>
          )}
          <Button color="red" variant="light" disabled={!state.canKill} loading={busy} onClick={kill}>
            {t("demo.kill")}
          </Button>
        </Stack>
      </Group>
    </Card>
  );
}
