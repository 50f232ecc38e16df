import { Alert, Anchor, Button, Card, Group, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import { useSessionStorage } from "@mantine/hooks";
import { IconExternalLink, IconMailForward } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { demo, type DemoLetter, type SentLetter } from "../../api/demo";
import { tellProblem } from "../../ui/notices";
import classes from "./Start.module.css";
import { Trial } from "./Trial";
import { useVisit } from "./use-visit";

/** Between two looks at what became of a letter, and after how many nothing more is expected. */
const LOOK_EVERY_MS = 700;
const LOOKS = 60;

/** The site's letter: sent by a button, then followed step by step. */
export function LetterCard() {
  const { t } = useTranslation();
  const [sent, keep] = useSessionStorage<SentLetter | null>({ key: "vestnik.demo-letter", defaultValue: null });
  const send = useMutation({ mutationFn: demo.sendLetter, onSuccess: keep, onError: tellProblem });
  return (
    <Card p="lg" component="section" aria-label={t("demo.letterTitle")}>
      <Group wrap="nowrap" align="flex-start">
        <ThemeIcon size={44} variant="light" color="orange">
          <IconMailForward size={24} stroke={1.6} aria-hidden />
        </ThemeIcon>
        <Stack gap="sm" flex={1} miw={0}>
          <Text fw={650} component="h2" m={0} fz="lg">
            {t("demo.letterTitle")}
          </Text>
          <Text size="sm" c="dimmed">
            {t("demo.letterText")}
          </Text>
          <Group gap="sm">
            <Button loading={send.isPending && send.variables === "order"} disabled={send.isPending} onClick={() => send.mutate("order")}>
              {t("demo.sendOrder")}
            </Button>
            <Button
              variant="default"
              loading={send.isPending && send.variables === "broken"}
              disabled={send.isPending}
              onClick={() => send.mutate("broken")}
            >
              {t("demo.sendBroken")}
            </Button>
          </Group>
          {sent && <Follow key={`${sent.validity}-${sent.number}`} sent={sent} />}
        </Stack>
      </Group>
    </Card>
  );
}

function Follow({ sent }: { sent: SentLetter }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    ...demo.letter(sent),
    refetchOnMount: "always", // who comes back from the order has just changed it
    refetchInterval: (query) => (isOver(query.state.data) || query.state.dataUpdateCount > LOOKS ? false : LOOK_EVERY_MS),
  });
  if (!data || data.state === "waiting") {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" />
        <Text size="sm">{t("demo.letterWaits")}</Text>
      </Group>
    );
  }
  return data.state === "read" ? <OfLead found={data} /> : <Unreadable found={data} />;
}

function OfLead({ found }: { found: DemoLetter }) {
  const { t, i18n } = useTranslation();
  const visit = useVisit();
  const go = (path: string) => () => visit.mutate({ role: "sales_manager", path });
  const step = { disabled: visit.isPending };
  return (
    <Stack gap={2} component="ol" className={classes.steps} aria-label={t("demo.letterBecame")}>
      <li>
        <Trial {...step} text={t("demo.step.lead", { number: found.leadNumber })} note={t("demo.step.leadNote")} onVisit={go(`/leads/${found.leadId}`)} />
      </li>
      {found.orderId && (
        <li>
          <Trial
            {...step}
            text={t("demo.step.order")}
            note={found.tickets ? t("demo.step.tickets", { count: found.tickets }) : t("demo.step.orderNote")}
            onVisit={go(`/orders/${found.orderId}`)}
          />
        </li>
      )}
      {found.eventId && (
        <li>
          <Trial {...step} text={t("demo.step.event")} note={t("demo.step.eventNote")} onVisit={go(`/calendar?event=${found.eventId}`)} />
        </li>
      )}
      {found.told && (
        <li className={classes.told}>
          {found.notificationUrl ? (
            <Anchor href={`${found.notificationUrl}?lang=${i18n.language}`} target="_blank" rel="noreferrer" size="sm">
              {t("demo.step.notification", { name: found.told })} <IconExternalLink size={14} aria-hidden />
            </Anchor>
          ) : (
            <Text size="sm">{t("demo.step.notificationComes", { name: found.told })}</Text>
          )}
        </li>
      )}
    </Stack>
  );
}

function Unreadable({ found }: { found: DemoLetter }) {
  const { t } = useTranslation();
  const visit = useVisit();
  return (
    <Alert color="orange" role="status" title={t("demo.unreadable")}>
      <Text size="sm">{found.reason}</Text>
      <Trial
        text={t("demo.step.input")}
        note={t("demo.step.inputNote")}
        disabled={visit.isPending}
        onVisit={() => visit.mutate({ role: "administrator", path: `/leads/inputs/${found.inputId}` })}
      />
    </Alert>
  );
}

/** Whether nothing more will become of a letter by itself. */
function isOver(found: DemoLetter | undefined): boolean {
  if (!found || found.state === "waiting") return false;
  return found.state === "unreadable" || !found.told || found.notificationUrl !== null;
}
