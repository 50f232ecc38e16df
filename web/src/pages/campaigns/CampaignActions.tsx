import { Button, Menu } from "@mantine/core";
import {
  IconArrowBackUp,
  IconChevronDown,
  IconCopy,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconSearch,
  IconSend,
  IconTrash,
  IconX,
  type Icon,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { campaigns, type CampaignAction, type CampaignCard } from "../../api/campaigns";
import { useRight } from "../../api/session";
import { ask, tell, tellProblem } from "../../ui/notices";

type Step = Exclude<CampaignAction, "edit" | "send" | "preflight" | "test"> | "copy";

const ICONS: Record<Step, Icon> = {
  undo: IconArrowBackUp,
  pause: IconPlayerPause,
  resume: IconPlayerPlay,
  retry: IconRefresh,
  "check-at-service": IconSearch,
  "send-again": IconSend,
  "cancel-at-service": IconX,
  cancel: IconX,
  copy: IconCopy,
  delete: IconTrash,
};
const ORDER = Object.keys(ICONS) as Step[];
/** These cannot be taken back: they ask first. */
const GRAVE = new Set<Step>(["cancel", "cancel-at-service", "send-again", "delete"]);
const BUTTONS = 2;

/** What may be done with the campaign now: the first two as buttons, the rest in a menu. */
export function CampaignActions({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { start, busy } = useSteps(campaign);
  const possible = usePossible(campaign);
  const buttons = possible.slice(0, BUTTONS);
  const rest = possible.slice(BUTTONS);
  return (
    <>
      {rest.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} />}>
              {t("campaigns.more")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((step) => {
              const Picture = ICONS[step];
              return (
                <Menu.Item key={step} leftSection={<Picture size={16} />} onClick={() => start(step)}>
                  {t(`campaigns.action.${step}`)}
                </Menu.Item>
              );
            })}
          </Menu.Dropdown>
        </Menu>
      )}
      {buttons.map((step) => {
        const Picture = ICONS[step];
        return (
          <Button
            key={step}
            variant="default"
            leftSection={<Picture size={16} />}
            loading={busy === step}
            onClick={() => start(step)}
          >
            {t(`campaigns.action.${step}`)}
          </Button>
        );
      })}
    </>
  );
}

function usePossible(campaign: CampaignCard): Step[] {
  const writes = useRight("campaigns.write");
  const sends = useRight("campaigns.send");
  const offered = (step: Step) =>
    step === "copy" ? campaign.state !== "draft" : (campaign.actions as string[]).includes(step);
  if (campaign.held) return []; // for a moment there is one thing to do, and it has a place of its own
  const allowed = (step: Step) => (step === "copy" || step === "delete" ? writes : sends);
  return ORDER.filter((step) => offered(step) && allowed(step));
}

function useSteps(campaign: CampaignCard): { start: (step: Step) => void; busy: Step | null } {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const doing = useMutation({
    mutationFn: async (step: Step): Promise<CampaignCard | void> => {
      if (step === "delete") return campaigns.remove(campaign.id);
      if (step === "copy") return campaigns.copy(campaign.id, t("campaigns.copyName", { name: campaign.name }));
      return campaigns.act(campaign.id, step);
    },
    onSuccess: async (card, step) => {
      tell(t(`campaigns.done.${step}`));
      if (step === "delete") await navigate({ to: "/campaigns" });
      if (step === "copy" && card) await navigate({ to: "/campaigns/$id/edit", params: { id: card.id } });
      await client.invalidateQueries({ queryKey: ["campaigns"] });
    },
    onError: async (problem) => {
      tellProblem(problem);
      await client.invalidateQueries({ queryKey: ["campaigns", campaign.id] });
    },
  });
  const start = (step: Step) => {
    if (!GRAVE.has(step)) return doing.mutate(step);
    ask({
      title: t(`campaigns.ask.${step}.title`),
      text: t(`campaigns.ask.${step}.text`),
      confirm: t(`campaigns.action.${step}`),
      danger: step !== "send-again",
      onConfirm: () => doing.mutate(step),
    });
  };
  return { start, busy: doing.isPending ? doing.variables : null };
}
