import { Button } from "@mantine/core";
import { IconSkull } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { CampaignCard } from "../../api/campaigns";
import { useSession } from "../../api/session";
import { useKill } from "../demo/use-kill";

/** Demo: kills the server's process in the middle of the launch, so that the visitor sees it go on. */
export function KillButton({ campaign }: { campaign: CampaignCard }) {
  const { t } = useTranslation();
  const { demo } = useSession();
  const { kill, busy } = useKill();
  if (!demo || !["preparing", "sending", "moderation"].includes(campaign.state)) return null;
  return (
    <Button variant="light" color="red" leftSection={<IconSkull size={16} />} loading={busy} onClick={kill}>
      {t("demo.kill")}
    </Button>
  );
}
