import { ActionIcon, Badge, Button, Tooltip } from "@mantine/core";
import { IconDeviceFloppy, IconGitCompare, IconLayoutSidebarRightCollapse, IconLayoutSidebarRightExpand, IconRocket } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ModuleCard, Version } from "../../api/modules";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { PageHeader } from "../../ui/PageHeader";
import { StatusBadge } from "../../ui/StatusBadge";
import { ModuleMenu } from "./ModuleMenu";

interface Props {
  card: ModuleCard;
  saved: Version;
  changed: boolean;
  /** Whether the panel beside the text takes the list of functions' room too. */
  wide: boolean;
  onWide: () => void;
  onSave: () => void;
  onCompare: () => void;
  onPublish: () => void;
}

/** The module's name, what is live and what is not, and what to do with the text. */
export function StudioHeader({ card, saved, changed, wide, onWide, onSave, onCompare, onPublish }: Props) {
  const { t } = useTranslation();
  const writes = useRight("modules.write");
  const publishes = useRight("modules.publish");
  return (
    <PageHeader
      title={localised(card.title)}
      back={{ to: "/modules", label: t("shell.nav.modules") }}
      badges={
        <>
          <StatusBadge kind="module" state={card.suspendedAt ? "suspended" : card.enabled ? "enabled" : "disabled"} />
          {card.liveVersionId ? (
            <Badge color="gray">{t("studio.liveVersion", { number: card.version })}</Badge>
          ) : (
            <Badge color="gray">{t("studio.neverPublished")}</Badge>
          )}
          {card.hasDraft && <Badge color="blue">{t("studio.draftVersion", { number: saved.number })}</Badge>}
          {changed && <Badge color="yellow">{t("studio.unsaved")}</Badge>}
        </>
      }
      actions={
        <>
          <Tooltip label={t(wide ? "studio.narrow" : "studio.widen")}>
            <ActionIcon variant="default" size={36} visibleFrom="lg" onClick={onWide} aria-label={t(wide ? "studio.narrow" : "studio.widen")}>
              {wide ? <IconLayoutSidebarRightCollapse size={18} /> : <IconLayoutSidebarRightExpand size={18} />}
            </ActionIcon>
          </Tooltip>
          <ModuleMenu card={card} />
          {(changed || (card.hasDraft && card.liveVersionId)) && (
            <Button variant="default" leftSection={<IconGitCompare size={16} />} onClick={onCompare}>
              {t("studio.changes")}
            </Button>
          )}
          {writes && (
            <Button variant={changed ? "filled" : "default"} leftSection={<IconDeviceFloppy size={16} />} disabled={!changed} onClick={onSave}>
              {t("studio.save")}
            </Button>
          )}
          {publishes && card.hasDraft && (
            <Button variant={changed ? "default" : "filled"} leftSection={<IconRocket size={16} />} onClick={onPublish}>
              {t("studio.publish")}
            </Button>
          )}
        </>
      }
    />
  );
}
