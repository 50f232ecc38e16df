import { Button, Grid, Group, List, Progress, SimpleGrid, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconX, type Icon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignDraft, type CampaignType, type Check, type Fix, type Preflight } from "../../api/campaigns";
import { Tile } from "../../ui/Field";
import { useFormat } from "../../ui/format";
import { RowsLoading } from "../../ui/Loading";
import { tellProblem } from "../../ui/notices";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Exclusions } from "./Exclusions";
import { TestLetter } from "./TestLetter";
import type { STEPS } from "./Wizard";

type Step = (typeof STEPS)[number];

const LOOKS: Record<Check["level"], { colour: string; icon: Icon }> = {
  ok: { colour: "teal", icon: IconCheck },
  warning: { colour: "yellow", icon: IconAlertTriangle },
  error: { colour: "red", icon: IconX },
};

interface Props {
  id: string;
  accountId: string | null;
  kind: CampaignType;
  onStep: (step: Step) => void;
  onChange: (change: Partial<CampaignDraft>) => Promise<unknown>;
}

/** Who gets it, who does not and why, what is missing and how to mend it; a test letter. */
export function CheckStep(props: Props) {
  const { id, accountId, kind } = props;
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 7 }}>
        <Findings {...props} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 5 }}>
        <TestLetter id={id} accountId={accountId} kind={kind} />
      </Grid.Col>
    </Grid>
  );
}

/** What the check found: asked anew after each mend, and never shown older than the draft. */
function Findings({ id, onStep, onChange }: Props) {
  const { t } = useTranslation();
  const { data, error, isFetching, refetch } = useQuery(campaigns.preflight(id));
  if (error) return <ProblemPanel problem={error} retry={() => void refetch()} />;
  if (!data || isFetching) return <RowsLoading />;
  return (
    <Stack>
      <Audience id={id} preflight={data} />
      <Panel
        title={t("campaigns.checks")}
        actions={
          <Button size="compact-sm" variant="subtle" onClick={() => void refetch()}>
            {t("campaigns.checkAgain")}
          </Button>
        }
      >
        <List spacing="sm" styles={{ itemWrapper: { alignItems: "flex-start" } }}>
          {data.checks.map((check) => {
            const look = LOOKS[check.level];
            return (
              <List.Item
                key={check.code + check.text}
                icon={
                  <ThemeIcon color={look.colour} size={22} radius="xl" variant="light">
                    <look.icon size={14} aria-label={t(`campaigns.level.${check.level}`)} />
                  </ThemeIcon>
                }
              >
                <Text size="sm">{check.text}</Text>
                <Group gap="xs" ml={-8}>
                  {check.fixes.map((fix) => (
                    <FixButton key={fix.text} fix={fix} onStep={onStep} onChange={onChange} onAgain={() => void refetch()} />
                  ))}
                </Group>
              </List.Item>
            );
          })}
        </List>
      </Panel>
    </Stack>
  );
}

/** One way out of a failed check. */
function FixButton({ fix, onStep, onChange, onAgain }: { fix: Fix; onStep: Props["onStep"]; onChange: Props["onChange"]; onAgain: () => void }) {
  const { step, path, change, text } = fix;
  if (path) {
    const [to, query] = path.split("?");
    return (
      <Button size="compact-xs" variant="subtle" component={Link} to={to} search={Object.fromEntries(new URLSearchParams(query)) as never}>
        {text}
      </Button>
    );
  }
  const mend = () => {
    if (step) return onStep(step);
    if (Object.keys(change).length === 0) return onAgain();
    void onChange(change).then(onAgain, tellProblem);
  };
  return (
    <Button size="compact-xs" variant="subtle" onClick={mend}>
      {text}
    </Button>
  );
}

function Audience({ id, preflight }: { id: string; preflight: Preflight }) {
  const { t } = useTranslation();
  const format = useFormat();
  const excluded = preflight.audience - preflight.recipients;
  return (
    <Panel title={t("campaigns.recipients")}>
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 3 }}>
          <Tile label={t("campaigns.audience")} value={format.number(preflight.audience)} />
          <Tile label={t("campaigns.willGet")} value={format.number(preflight.recipients)} tone="teal" />
          <Tile label={t("campaigns.excluded")} value={format.number(excluded)} />
        </SimpleGrid>
        {preflight.audience > 0 && (
          <Progress.Root size="lg">
            <Progress.Section value={(preflight.recipients / preflight.audience) * 100} color="teal" aria-label={t("campaigns.willGet")} />
            <Progress.Section value={(excluded / preflight.audience) * 100} color="gray.5" aria-label={t("campaigns.excluded")} />
          </Progress.Root>
        )}
        {preflight.exclusions.length > 0 && (
          <div>
            <Text size="sm" fw={550} mb={4}>
              {t("campaigns.whyExcluded")}
            </Text>
            <Exclusions exclusions={preflight.exclusions} campaignId={id} />
          </div>
        )}
      </Stack>
    </Panel>
  );
}
