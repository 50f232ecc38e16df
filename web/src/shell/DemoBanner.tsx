import { Button, Group, Text } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
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
  const removal = useMutation({
    mutationFn: demo.remove,
    onError: tellProblem,
    onSuccess: async () => {
      tell(t("demo.removed"));
      await client.invalidateQueries();
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
        {user.role === "administrator" && (
          <Button size="compact-sm" variant="subtle" color="red" loading={removal.isPending} onClick={confirm}>
            {t("demo.remove")}
          </Button>
        )}
      </Group>
    </Group>
  );
}
