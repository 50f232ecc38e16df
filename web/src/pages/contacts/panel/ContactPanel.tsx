import { Anchor, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { contacts } from "../../../api/contacts";
import { panel } from "../../../api/panel";
import { queries } from "../../../api/queries";
import { useRight } from "../../../api/session";
import { ProviderPanel } from "./ProviderPanel";
import type { PanelSource } from "./source";

/** The provider panel of a contact on its page. */
export function ContactPanel({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const seesAccounts = useRight("accounts.read");
  const seesCampaigns = useRight("campaigns.read");
  const connect = t("panel.connect");
  const source = useMemo<PanelSource>(
    () => ({
      root: ["contacts", contactId],
      card: () => panel.card(contactId),
      block: (accountId, email, fresh) => panel.block(contactId, accountId, email, fresh),
      choices: (accountId, email) => panel.choices(contactId, accountId, email),
      save: (accountId, changes) => panel.save(contactId, accountId, changes),
      categories: () => queries.ensureQueryData(contacts.categories),
      ...(seesCampaigns && { Campaign }),
      ...(seesAccounts && { Mend }),
      connect: seesAccounts && (
        <Button component={Link} to="/accounts" size="xs" variant="default">
          {connect}
        </Button>
      ),
    }),
    [contactId, seesAccounts, seesCampaigns, connect],
  );
  return <ProviderPanel source={source} />;
}

function Mend({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  return (
    <Button component={Link} to={`/accounts/${accountId}`} size="xs" variant="default">
      {t("panel.mend")}
    </Button>
  );
}

function Campaign({ id, name }: { id: string; name: string }) {
  return (
    <Anchor component={Link} to={`/campaigns/${id}`} size="sm">
      {name}
    </Anchor>
  );
}
