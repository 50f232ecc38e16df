import { ActionIcon, Menu } from "@mantine/core";
import { IconArrowBackUp, IconBan, IconCheck, IconDots, IconHandGrab, IconUserShare } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { isOver, RESULTS, type Lead } from "../../api/leads";
import type { Acts } from "./use-acts";

/** What may be done to a lead as it is now. */
export function ActsMenu({ lead, acts }: { lead: Lead; acts: Acts }) {
  const { t } = useTranslation();
  const start = acts.start;
  const over = isOver(lead);
  const results = RESULTS.filter((result) => result !== lead.result);
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" disabled={acts.busy} aria-label={t("leads.actsOf", { number: lead.number })}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!over && (
          <>
            {(lead.status === "open" || !lead.takenAt) && (
              <Menu.Item leftSection={<IconHandGrab size={16} />} onClick={() => start([lead], { action: "take" })}>
                {t("leads.act.take")}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconUserShare size={16} />} onClick={() => start([lead], { action: "assign" })}>
              {t("leads.act.assign")}
            </Menu.Item>
            <Menu.Item leftSection={<IconCheck size={16} />} onClick={() => start([lead], { action: "process" })}>
              {t("leads.act.process")}
            </Menu.Item>
          </>
        )}
        {over && (
          <Menu.Item leftSection={<IconArrowBackUp size={16} />} onClick={() => start([lead], { action: "reopen" })}>
            {t("leads.act.reopen")}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Label>{t("leads.act.close")}</Menu.Label>
        {results.map((result) => (
          <Menu.Item key={result} leftSection={<IconBan size={16} />} onClick={() => start([lead], { action: "close", result })}>
            {t(`leads.result.${result}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
