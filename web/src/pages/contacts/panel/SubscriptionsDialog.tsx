import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { IconArrowBackUp, IconSearch } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { PanelAccount, PanelChanges, PanelChoice } from "../../../api/panel";
import { Dialog } from "../../../ui/Dialog";
import { describeProblem } from "../../../ui/problems";
import { changesOf, consentNeeded, differenceOf, type Chosen } from "./changes";
import { ChoiceLine } from "./ChoiceLine";
import { ConsentFields, useConsent } from "./ConsentFields";
import classes from "./panel.module.css";
import { Results } from "./Results";
import { panelQueries, usePanelSource } from "./source";
import { Trouble } from "./Trouble";

/** With more lists than these there is a search. */
const MANY = 8;

interface Props {
  account: PanelAccount;
  email: string;
  known: boolean;
  onClose: () => void;
}

/** All lists of a service with check boxes: which of them a person is to be in. */
export default function SubscriptionsDialog({ account, email, known, onClose }: Props) {
  const { t } = useTranslation();
  const source = usePanelSource();
  const { data, error, refetch, isFetching } = useQuery(panelQueries.choices(source, account.id, email));
  return (
    <Dialog opened onClose={onClose} title={t("panel.dialogTitle", { email })} size="lg">
      <Stack>
        <Text size="sm" c="dimmed">
          {t("panel.dialogHint", { account: account.title })}
        </Text>
        {error && !data && <Trouble {...describeProblem(error)} busy={isFetching} retry={() => void refetch()} />}
        {!data && !error && (
          <Stack gap="md" role="status" aria-label={t("common.loading")}>
            {["60%", "45%", "70%"].map((width) => (
              <Skeleton key={width} h={16} w={width} />
            ))}
          </Stack>
        )}
        {data && <Choosing account={account} email={email} known={known} choices={data.items} onClose={onClose} />}
      </Stack>
    </Dialog>
  );
}

function Choosing({ account, email, known, choices, onClose }: Props & { choices: PanelChoice[] }) {
  const { t } = useTranslation();
  const source = usePanelSource();
  const client = useQueryClient();
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const [unlocked, setUnlocked] = useState<ReadonlySet<string>>(new Set());
  const changes = changesOf(choices, chosen);
  const entered = consentNeeded(choices, changes);
  const consent = useConsent(entered);
  const restore = () => {
    setChosen(new Map());
    setUnlocked(new Set());
    consent.reset();
  };
  const saving = useMutation({
    mutationFn: (body: PanelChanges) => source.save(account.id, body),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: source.root });
      restore();
    },
  });
  const save = () => {
    if (entered.length > 0 && !consent.check()) return;
    saving.mutate({ email, changes, consent: entered.length > 0 ? consent.value() : null });
  };
  const choose = (id: string, subscribed: boolean) => {
    if (saving.data || saving.error) saving.reset();
    setChosen((before) => new Map(before).set(id, subscribed));
  };
  const unlock = (id: string) => {
    setUnlocked((before) => new Set(before).add(id));
    choose(id, true);
  };
  const words = search.trim().toLocaleLowerCase();
  const shown = choices.filter((each) => each.title.toLocaleLowerCase().includes(words));
  if (choices.length === 0) return <Text size="sm">{t("panel.noLists")}</Text>;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Stack>
        {saving.data && <Results of={saving.data.results} />}
        {saving.error && <Trouble {...describeProblem(saving.error)} />}
        {choices.length > MANY && (
          <TextInput
            type="search"
            aria-label={t("panel.findList")}
            placeholder={t("panel.findList")}
            leftSection={<IconSearch size={16} aria-hidden />}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        <div className={classes.choices} role="group" aria-label={t("panel.lists")}>
          {shown.map((each) => (
            <ChoiceLine
              key={each.externalId}
              choice={each}
              checked={chosen.get(each.externalId) ?? each.subscribed}
              open={unlocked.has(each.externalId)}
              busy={saving.isPending}
              onChange={(subscribed) => choose(each.externalId, subscribed)}
              unlock={known && each.lock?.opensByConsent ? () => unlock(each.externalId) : undefined}
            />
          ))}
          {shown.length === 0 && <Text size="sm">{t("panel.noSuchList")}</Text>}
        </div>
        {entered.length > 0 && <ConsentFields consent={consent} choices={choices} entered={entered} />}
        <Group justify="space-between" gap="sm">
          <Text size="sm" className="numbers" role="status">
            {changes.length === 0 ? t("panel.noChanges") : t("panel.changes", { difference: differenceOf(changes) })}
          </Text>
          <Group gap="xs">
            <Button
              variant="subtle"
              leftSection={<IconArrowBackUp size={16} />}
              disabled={changes.length === 0 || saving.isPending}
              onClick={restore}
            >
              {t("panel.restore")}
            </Button>
            <Button type="submit" disabled={changes.length === 0} loading={saving.isPending}>
              {t("panel.save")}
            </Button>
            {saving.data && (
              <Button variant="default" onClick={onClose}>
                {t("common.close")}
              </Button>
            )}
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
