import { Alert, List, ThemeIcon } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { PanelResult } from "../../../api/panel";

/** What became of each list, in the service's own words where it refused. */
export function Results({ of }: { of: PanelResult[] }) {
  const { t } = useTranslation();
  const refused = of.filter((each) => !each.ok).length;
  const title = refused === 0 ? t("panel.allSaved") : t("panel.someRefused", { count: refused });
  return (
    <Alert color={refused === 0 ? "teal" : "orange"} title={title} role="alert">
      <List size="sm" spacing={4} center={false}>
        {of.map((each) => (
          <List.Item key={each.listExternalId} icon={<Mark ok={each.ok} />}>
            {each.ok
              ? t(each.subscribed ? "panel.addedTo" : "panel.removedFrom", { list: each.title })
              : t("panel.refusedFor", { list: each.title, reason: each.reason ?? "" })}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Mark({ ok }: { ok: boolean }) {
  return (
    <ThemeIcon size={18} radius="xl" color={ok ? "teal" : "red"} variant="light" aria-hidden>
      {ok ? <IconCheck size={12} /> : <IconX size={12} />}
    </ThemeIcon>
  );
}
