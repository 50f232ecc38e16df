import { Button, Group, Text } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { demo } from "../api/demo";
import { useSession } from "../api/session";
import { ask, tell, tellProblem } from "../ui/notices";
import classes from "./DemoBanner.module.css";

/** Says on every page that the people and campaigns here are made up, and removes them. */
export function DemoBanner() {
  const { t } = useTranslation();
  const { user } = useSession();
  const { pathname } = useLocation();
  const client = useQueryClient();
  const router = useRouter();
  const removal = useMutation({
    mutationFn: demo.remove,
    onError: tellProblem,
    onSuccess: async ({ setupPath }) => {
      tell(t("demo.removed"));
      client.clear();
      router.history.push(setupPath);
    },
  });
  const confirm = () =>
    ask({
      title: t("demo.removeTitle"),
      text: t("demo.removeText"),
      confirm: t("demo.remove"),
      danger: true,
      onConfirm: () => removal.mutate(),
    });
  return (
    <Group className={classes.banner} gap="xs" justify="space-between">
      <Group gap="xs" wrap="nowrap" flex="1 1 220px">
        <IconFlask size={18} aria-hidden style={{ flex: "none" }} />
        <Text size="sm">{t("demo.banner", { role: t(`role.${user.role}`) })}</Text>
      </Group>
      <Group gap="xs">
        {pathname !== "/start" && (
          <Button component={Link} to="/start" size="compact-sm" variant="subtle">
            {t("demo.whereToStart")}
          </Button>
        )}
        {user.rights.includes("settings.manage") && (
          <Button size="compact-sm" variant="subtle" color="red" loading={removal.isPending} onClick={confirm}>
            {t("demo.remove")}
          </Button>
        )}
      </Group>
    </Group>
  );
}
