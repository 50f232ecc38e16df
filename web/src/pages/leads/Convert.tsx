import { Alert, Box, Button, Checkbox, Fieldset, Group, List, Radio, SegmentedControl, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { leads, type LeadCard } from "../../api/leads";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CardLink } from "./CardLink";
import { isInn } from "./inn";
import { nameOf } from "./names";
import { AnyClient, AnyContact } from "./AnySelect";
import { draftOf, foundFor, lacks, NEW, NONE, OTHER, wishOf, type Draft, type Found } from "./wish";

/** Makes client, contact, deal and order of a lead in one step; what will be made is said before. */
export function Convert({ lead, onClose }: { lead: LeadCard; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [begun] = useState(lead);
  const [draft, setDraft] = useState(() => draftOf(begun, nameOf(begun) || t("leads.one", { number: begun.number })));
  const [tried, setTried] = useState(false);
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const wrong = lacks(draft, isInn);
  const shown = (part: keyof Draft) => tried && wrong[part] && t(`leads.lacks.${wrong[part]}`);
  const converting = useMutation({
    mutationFn: () => leads.convert(begun.id, wishOf(draft, begun)),
    onSuccess: async (card) => {
      client.setQueryData(leads.card(begun.id).queryKey, card);
      await Promise.all(["leads", "contacts", "companies", "deals", "orders"].map((root) => client.invalidateQueries({ queryKey: [root] })));
    },
  });
  if (converting.data) return <Done lead={converting.data} onClose={onClose} />;
  return (
    <Dialog opened size="lg" onClose={onClose} title={t("leads.convertOne", { number: begun.number })}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (Object.keys(wrong).length === 0) converting.mutate();
        }}
      >
        <Stack>
          {converting.error && <ProblemPanel problem={converting.error} />}
          <Fieldset legend={t("leads.client")}>
            <Choices name="client" found={foundFor(begun, "client")} value={draft.client} onChange={(choice) => change({ client: choice })} error={shown("client")} />
            {draft.client === OTHER && (
              <Below>
                <AnyClient value={draft.otherClient} onChange={(otherClient) => change({ otherClient })} error={shown("otherClient")} />
              </Below>
            )}
            {draft.client === NEW && (
              <Stack gap="xs" mt="sm">
                <SegmentedControl
                  aria-label={t("companies.kind")}
                  value={draft.clientKind}
                  onChange={(kind) => change({ clientKind: kind as Draft["clientKind"] })}
                  data={(["company", "person"] as const).map((value) => ({ value, label: t(`companies.kinds.${value}`) }))}
                />
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  <TextInput label={t("leads.clientName")} value={draft.clientName} error={shown("clientName")} onChange={(event) => change({ clientName: event.currentTarget.value })} />
                  <TextInput label={t("leads.field.inn")} inputMode="numeric" value={draft.clientInn} error={shown("clientInn")} onChange={(event) => change({ clientInn: event.currentTarget.value })} />
                </SimpleGrid>
              </Stack>
            )}
          </Fieldset>
          <Fieldset legend={t("leads.contact")}>
            <Choices name="contact" found={foundFor(begun, "contact")} value={draft.contact} onChange={(choice) => change({ contact: choice })} />
            {draft.contact === OTHER && (
              <Below>
                <AnyContact clientId={clientOf(draft)} value={draft.otherContact} onChange={(otherContact) => change({ otherContact })} error={shown("otherContact")} />
              </Below>
            )}
            {draft.contact === NEW && (
              <TextInput
                mt="sm"
                label={t("leads.contactName")}
                description={[begun.email, begun.phone].filter(Boolean).join(", ")}
                value={draft.contactName}
                error={shown("contactName")}
                onChange={(event) => change({ contactName: event.currentTarget.value })}
              />
            )}
          </Fieldset>
          <Fieldset legend={t("leads.dealAndOrder")}>
            <Stack gap="sm">
              <Checkbox label={t("leads.makeDeal")} checked={draft.deal} onChange={(event) => change({ deal: event.currentTarget.checked })} />
              {draft.deal && (
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  <TextInput label={t("leads.dealTitle")} maxLength={500} value={draft.dealTitle} onChange={(event) => change({ dealTitle: event.currentTarget.value })} />
                  <TextInput label={t("leads.dealSum")} inputMode="decimal" value={draft.dealSum} error={shown("dealSum")} onChange={(event) => change({ dealSum: event.currentTarget.value })} />
                </SimpleGrid>
              )}
              {begun.orderId ? (
                <Text size="sm">{t("leads.orderIsThere")}</Text>
              ) : (
                <>
                  <Checkbox label={t("leads.makeOrder")} checked={draft.order} onChange={(event) => change({ order: event.currentTarget.checked })} />
                  {draft.order && (
                    <TextInput label={t("leads.orderTitle")} maxLength={500} value={draft.orderTitle} onChange={(event) => change({ orderTitle: event.currentTarget.value })} />
                  )}
                </>
              )}
            </Stack>
          </Fieldset>
          <Outlook lead={begun} draft={draft} />
          <Group justify="flex-end">
            <Button type="submit" loading={converting.isPending}>
              {t("leads.convert")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

const Below = ({ children }: { children: ReactNode }) => <Box mt="sm">{children}</Box>;

/** The client that is chosen, where it is there already. */
function clientOf({ client, otherClient }: Draft): string | null {
  if (client === OTHER) return otherClient?.id ?? null;
  return client === NEW || client === NONE ? null : client;
}

interface ChoicesProps {
  name: "client" | "contact";
  found: Found[];
  value: string;
  onChange: (choice: string) => void;
  error?: string | false | undefined;
}

function Choices({ name, found, value, onChange, error }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <Radio.Group aria-label={t(name === "client" ? "leads.client" : "leads.contact")} value={value} onChange={onChange} error={error || undefined}>
      <Stack gap="xs" mb={error ? 6 : 0}>
        {found.map((one) => (
          <Radio key={one.id} value={one.id} label={one.name} description={one.why ?? t("leads.alreadyLinked")} />
        ))}
        <Radio value={OTHER} label={t(`leads.other.${name}`)} />
        <Radio value={NEW} label={t(`leads.new.${name}`)} />
        <Radio value={NONE} label={t(`leads.none.${name}`)} />
      </Stack>
    </Radio.Group>
  );
}

/** What will be made and what will be linked. */
function Outlook({ lead, draft }: { lead: LeadCard; draft: Draft }) {
  const { t } = useTranslation();
  const named = (kind: "client" | "contact") => {
    if (draft[kind] === OTHER) return (kind === "client" ? draft.otherClient : draft.otherContact)?.name;
    return foundFor(lead, kind).find(({ id }) => id === draft[kind])?.name;
  };
  const lines = [
    draft.client === NEW && t("leads.will.newClient", { name: draft.clientName }),
    named("client") && t("leads.will.client", { name: named("client") }),
    draft.contact === NEW && t("leads.will.newContact", { name: draft.contactName }),
    named("contact") && t("leads.will.contact", { name: named("contact") }),
    draft.deal && t("leads.will.deal", { name: draft.dealTitle }),
    lead.orderId ? t("leads.will.orderLinked") : draft.order && t("leads.will.order", { name: draft.orderTitle }),
    t("leads.will.processed"),
  ];
  return (
    <Alert color="blue" role="status" title={t("leads.will.title")}>
      <List size="sm">
        {lines.filter(Boolean).map((line) => (
          <List.Item key={String(line)}>{line}</List.Item>
        ))}
      </List>
    </Alert>
  );
}

function Done({ lead, onClose }: { lead: LeadCard; onClose: () => void }) {
  const { t } = useTranslation();
  const links = [
    lead.client && { to: `/companies/${lead.client.id}`, what: t("leads.client"), name: lead.client.name },
    lead.contact && { to: `/contacts/${lead.contact.id}`, what: t("leads.contact"), name: lead.contact.name },
    lead.dealId && { to: `/deals/${lead.dealId}`, what: t("leads.deal"), name: t("leads.openDeal") },
    lead.orderId && { to: `/orders/${lead.orderId}`, what: t("leads.order"), name: t("leads.openOrder") },
  ].filter((link) => link !== null && link !== "");
  return (
    <Dialog opened onClose={onClose} title={t("leads.converted", { number: lead.number })}>
      <Stack>
        <Alert color="teal" icon={<IconCheck size={18} />} role="status">
          {t("leads.convertedHint")}
        </Alert>
        <List spacing={4}>
          {links.map(({ to, what, name }) => (
            <List.Item key={to}>
              {what}: <CardLink to={to}>{name}</CardLink>
            </List.Item>
          ))}
        </List>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("common.close")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
