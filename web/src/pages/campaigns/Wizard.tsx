import { Button, Group, Stack, Stepper } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignDraft } from "../../api/campaigns";
import { tell, tellProblem } from "../../ui/notices";
import { StepOf } from "../../ui/StepOf";
import { CheckStep } from "./CheckStep";
import { LetterStep } from "./LetterStep";
import { RecipientsStep } from "./RecipientsStep";
import { ServiceStep } from "./ServiceStep";
import { TimeStep } from "./TimeStep";

export const STEPS = ["service", "recipients", "letter", "check", "time"] as const;
type Step = (typeof STEPS)[number];
export type DraftForm = UseFormReturnType<CampaignDraft>;

/** Fields that each step must have right before the next one opens. */
const FIELDS: Record<Step, (keyof CampaignDraft)[]> = {
  service: ["name", "accountId"],
  recipients: [],
  letter: ["subject", "templateId", "senderName", "senderEmail", "text"],
  check: [],
  time: [],
};

interface Props {
  id: string | null;
  initial: CampaignDraft;
  firstStep: number;
}

/** Service, recipients, letter, check, time: a draft is kept from the first "next" on. */
export function Wizard({ id: givenId, initial, firstStep }: Props) {
  const { t } = useTranslation();
  const [step, setStep] = useState(firstStep);
  const [id, setId] = useState(givenId);
  const narrow = useMediaQuery("(max-width: 62em)");
  const form = useDraftForm(initial);
  const save = useSave(id, setId);
  const current = STEPS[step] as Step;

  const complete = (upTo: number) =>
    STEPS.slice(0, upTo).every((name, index) => {
      const wrong = FIELDS[name].filter((field) => form.validateField(field).hasError);
      if (wrong.length > 0) setStep(index);
      return wrong.length === 0;
    });
  const go = async (target: number) => {
    if (target > step && !complete(target)) return;
    if (form.isDirty() || !id) await save.mutateAsync(form.values);
    form.resetDirty();
    setStep(target);
    window.scrollTo({ top: 0 });
  };
  const goTo = (target: number) => void go(target).catch(tellProblem);

  return (
    <Stack gap="lg">
      {narrow ? (
        <StepOf number={step + 1} all={STEPS.length} label={t(`campaigns.step.${current}`)} />
      ) : (
        <Stepper active={step} onStepClick={goTo} size="sm">
          {STEPS.map((name) => (
            <Stepper.Step key={name} label={t(`campaigns.step.${name}`)} description={t(`campaigns.stepHint.${name}`)} />
          ))}
        </Stepper>
      )}
      {current === "service" && <ServiceStep form={form} />}
      {current === "recipients" && <RecipientsStep form={form} />}
      {current === "letter" && <LetterStep form={form} />}
      {current === "check" && id && (
        <CheckStep
          id={id}
          accountId={form.values.accountId}
          kind={form.values.type}
          onStep={(name) => setStep(STEPS.indexOf(name))}
          onChange={(change) => {
            form.setValues(change);
            return save.mutateAsync({ ...form.values, ...change });
          }}
        />
      )}
      {current === "time" && id && <TimeStep id={id} onCheck={() => setStep(STEPS.indexOf("check"))} />}
      <Group gap="xs">
        <Button variant="default" mr="auto" disabled={step === 0} onClick={() => goTo(step - 1)}>
          {t("common.back")}
        </Button>
        {current !== "time" && (
          <>
            <SaveDraft form={form} save={save.mutateAsync} />
            <Button loading={save.isPending} onClick={() => goTo(step + 1)}>
              {t("common.next")}
            </Button>
          </>
        )}
      </Group>
    </Stack>
  );
}

function useDraftForm(initialValues: CampaignDraft): DraftForm {
  const { t } = useTranslation();
  const email = (form: CampaignDraft) => form.type === "email";
  return useForm<CampaignDraft>({
    initialValues,
    validateInputOnBlur: true,
    validate: {
      name: (value) => (value.trim() ? null : t("campaigns.need.name")),
      accountId: (value) => (value ? null : t("campaigns.need.account")),
      subject: (value, all) => (email(all) && !value.trim() ? t("campaigns.need.subject") : null),
      templateId: (value, all) => (email(all) && !value ? t("campaigns.need.template") : null),
      senderName: (value, all) => (email(all) && !value.trim() ? t("campaigns.need.senderName") : null),
      senderEmail: (value, all) => (email(all) && !value.includes("@") ? t("campaigns.need.sender") : null),
      text: (value, all) => (!email(all) && !value.trim() ? t("campaigns.need.text") : null),
    },
  });
}

function useSave(id: string | null, setId: (id: string) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (draft: CampaignDraft) => (id ? campaigns.change(id, draft) : campaigns.create(draft)),
    onSuccess: async (card) => {
      setId(card.id);
      client.setQueryData(campaigns.card(card.id).queryKey, card);
      await client.invalidateQueries({ queryKey: ["campaigns", "list"] });
    },
  });
}

function SaveDraft({ form, save }: { form: DraftForm; save: (draft: CampaignDraft) => Promise<{ id: string }> }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const keep = async () => {
    if (form.validateField("name").hasError) return;
    const { id } = await save(form.values);
    tell(t("campaigns.draftSaved"));
    await navigate({ to: "/campaigns/$id", params: { id } });
  };
  return (
    <Button variant="subtle" px={{ base: "xs", sm: "md" }} onClick={() => void keep().catch(tellProblem)}>
      {t("campaigns.saveDraft")}
    </Button>
  );
}
