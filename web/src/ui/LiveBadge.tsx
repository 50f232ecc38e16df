import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Connection } from "../api/events";

/** Whether what is shown follows the server: it does, or the connection is lost for the moment. */
export function LiveBadge({ connection, moves }: { connection: Connection; moves: boolean }) {
  const { t } = useTranslation();
  if (connection === "lost") {
    return (
      <Badge color="orange" role="status">
        {t("common.connectionLost")}
      </Badge>
    );
  }
  if (connection === "open" && moves) return <Badge color="teal">{t("common.live")}</Badge>;
  return null;
}
