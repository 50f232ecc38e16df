import { Button, Group, Radio, SimpleGrid, Stack, Stepper, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconBrandPython } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { accounts, type AccountCard, type Service } from "../../api/accounts";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { EmptyState } from "../../ui/EmptyState";
import { useListState } from "../../ui/list-state";
import { RowsLoading } from "../../ui/Loading";
import { PageHeader } from "../../ui/PageHeader";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { StepOf } from "../../ui/StepOf";
import { Connect } from "./Connect";
import type { Outcome, Refusal } from "./connecting";
import { FirstSync } from "./FirstSync";
import { Pending } from "./Pending";

const STEPS = ["service", "keys", "hosts", "lists"] as const;
type Step = (typeof STEPS)[number];

/** From nothing to a first sync: a service, its key and a check, its addresses, its lists. */
export default function NewAccount() {
  const { t } = useTranslation();
  const { accountId } = useListState();
  const { data, error, isPending, refetch } = useQuery(accounts.services);
  const begun = useQuery({ ...accounts.card(accountId ?? ""), enabled: accountId !== undefined });
  const waits = isPending || (accountId !== undefined && begun.isPending);
  return (
    <>
      <PageHeader title={t("accounts.new")} description={t("accounts.newDescription")} back={{ to: "/accounts", label: t("accounts.title") }} />
      <Stack maw={820}>
        {error && <ProblemPanel problem={error} retry={() => void refetch()} />}
        {begun.error && <ProblemPanel problem={begun.error} retry={() => void begun.refetch()} />}
        {waits && <RowsLoading rows={3} />}
        {data?.items.length === 0 && <NoServices />}
        {data && data.items.length > 0 && !waits && !begun.error && <Wizard services={data.items} begun={begun.data ?? null} />}
      </Stack>
    </>
  );
}

/** `begun` is an account that somebody began to connect before. */
function Wizard({ services, begun }: { services: Service[]; begun: AccountCard | null }) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const known = services.find((one) => one.moduleId === begun?.moduleId);
  const [step, setStep] = useState<Step>(known ? "keys" : "service");
  const [service, setService] = useState(known ?? (services.length === 1 ? services[0] : undefined));
  const [account, setAccount] = useState(known ? begun : null);
  const [refused, setRefused] = useState<Refusal | null>(null);
  const [listsProblem, setListsProblem] = useState<unknown>(null);
  const at = STEPS.indexOf(step);
  const go = (next: Step) => {
    setStep(next);
    window.scrollTo({ top: 0 });
  };
  const follow = (outcome: Outcome) => {
    setRefused(outcome.step === "keys" ? outcome.refused : null);
    if (outcome.step === "lists") setListsProblem(outcome.problem);
    if (outcome.step !== step) go(outcome.step);
  };
  const shown = { service: t("accounts.step.service"), keys: t("accounts.step.keys"), hosts: t("accounts.step.hosts"), lists: t("accounts.step.lists") };
  return (
    <Stack gap="lg">
      {narrow ? (
        <StepOf number={at + 1} all={STEPS.length} label={shown[step]} />
      ) : (
        <Stepper active={at} size="sm" allowNextStepsSelect={false}>
          {STEPS.map((name) => (
            <Stepper.Step key={name} label={shown[name]} allowStepSelect={false} />
          ))}
        </Stepper>
      )}
      {step === "service" && <ServiceStep services={services} value={service} onChange={setService} onNext={() => go("keys")} />}
      {service && step !== "service" && (
        // What was typed stays, also while an administrator's approval is waited for.
        <div hidden={step !== "keys"}>
          <Connect
            key={service.moduleId}
            service={service}
            account={account}
            refused={refused}
            onAccount={setAccount}
            onOutcome={follow}
            onBack={() => go("service")}
          />
        </div>
      )}
      {step === "hosts" && account && service && <Pending account={account} service={service} onOutcome={follow} onBack={() => go("keys")} />}
      {step === "lists" && account && service && <FirstSync account={account} service={service} problem={listsProblem} />}
    </Stack>
  );
}

function NoServices() {
  const { t } = useTranslation();
  const reads = useRight("modules.read");
  const action = reads && (
    <Button component={Link} to="/modules">
      {t("accounts.toModules")}
    </Button>
  );
  return (
    <Panel>
      <EmptyState
        icon={IconBrandPython}
        title={t("accounts.noModules")}
        text={t(reads ? "accounts.noModulesHint" : "accounts.noModulesAsk")}
        actions={action}
      />
    </Panel>
  );
}

interface Choice {
  services: Service[];
  value: Service | undefined;
  onChange: (service: Service | undefined) => void;
  onNext: () => void;
}

function ServiceStep({ services, value, onChange, onNext }: Choice) {
  const { t } = useTranslation();
  return (
    <Panel title={t("accounts.chooseModule")}>
      <Radio.Group
        value={value?.moduleId ?? null}
        onChange={(id) => onChange(services.find((one) => one.moduleId === id))}
        aria-label={t("accounts.chooseModule")}
      >
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {services.map((one) => (
            <Radio.Card key={one.moduleId} value={one.moduleId} p="md" className="choice">
              <Group wrap="nowrap" align="flex-start">
                <Radio.Indicator />
                <Stack gap={2} miw={0}>
                  <Text fw={600}>{localised(one.title)}</Text>
                  <Text size="sm" c="dimmed" lineClamp={3}>
                    {localised(one.description)}
                  </Text>
                  {one.accounts > 0 && <Text size="sm">{t("accounts.has", { count: one.accounts })}</Text>}
                </Stack>
              </Group>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
      <Group justify="flex-end" mt="md">
        <Button disabled={!value} onClick={onNext}>
          {t("common.next")}
        </Button>
      </Group>
    </Panel>
  );
}
