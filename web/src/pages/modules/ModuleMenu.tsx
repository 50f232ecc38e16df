import { ActionIcon, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCopy, IconDotsVertical, IconDownload, IconFileZip, IconPlugConnected, IconPower, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { modules, type ModuleCard } from "../../api/modules";
import { useRight } from "../../api/session";
import { localised } from "../../i18n";
import { ask, tell, tellProblem } from "../../ui/notices";
import { ForkModule } from "./ForkModule";

/** Switching on and off, taking along, copying, deleting, and what lies near a module. */
export function ModuleMenu({ card }: { card: ModuleCard }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const writes = useRight("modules.write");
  const publishes = useRight("modules.publish");
  const [forking, fork] = useDisclosure();
  const name = localised(card.title);
  const refresh = () => client.invalidateQueries({ queryKey: ["modules"] });
  const power = useMutation({
    mutationFn: () => (card.enabled ? modules.disable(card.id) : modules.enable(card.id)),
    onSuccess: async () => {
      await refresh();
      tell(t(card.enabled ? "studio.disabled" : "studio.enabled", { name }));
    },
    onError: tellProblem,
  });
  const removal = useMutation({
    mutationFn: () => modules.remove(card.id),
    onSuccess: async () => {
      await navigate({ to: "/modules", ignoreBlocker: true });
      await refresh();
      tell(t("studio.deleted", { name }));
    },
    onError: tellProblem,
  });
  const askRemoval = () =>
    ask({
      title: t("studio.deleteTitle", { name }),
      text: t("studio.deleteText"),
      confirm: t("common.delete"),
      danger: true,
      onConfirm: () => removal.mutate(),
    });
  return (
    <>
      {publishes && (
        <Button variant="default" leftSection={<IconPower size={16} />} loading={power.isPending} onClick={() => power.mutate()}>
          {t(card.enabled ? "studio.disable" : "studio.enable")}
        </Button>
      )}
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={t("studio.more")}>
            <IconDotsVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to="/accounts" leftSection={<IconPlugConnected size={16} />}>
            {t("studio.toAccounts")}
          </Menu.Item>
          <Menu.Item component="a" href={modules.archiveAddress(card.id, card.latestVersionId)} download leftSection={<IconFileZip size={16} />}>
            {t("studio.zip")}
          </Menu.Item>
          <Menu.Item component="a" href={modules.stubAddress(card.id)} download leftSection={<IconDownload size={16} />}>
            {t("studio.stub")}
          </Menu.Item>
          {writes && (
            <Menu.Item leftSection={<IconCopy size={16} />} onClick={fork.open}>
              {t("modules.fork")}
            </Menu.Item>
          )}
          {publishes && (
            <>
              <Menu.Divider />
              <Menu.Item color="light-dark(var(--mantine-color-red-9), var(--mantine-color-red-4))" leftSection={<IconTrash size={16} />} onClick={askRemoval}>
                {t("studio.delete")}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <ForkModule opened={forking} onClose={fork.close} id={card.id} name={card.name} />
    </>
  );
}
