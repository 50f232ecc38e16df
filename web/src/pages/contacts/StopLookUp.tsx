import { Anchor, Box, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconCircleCheck, IconMailOff, IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stopList, type StopEntry, type StopFound } from "../../api/stop-list";
import { Contactable } from "../../ui/Contactable";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { Rows } from "../../ui/Rows";
import { useStopColumns } from "./stop-columns";

/** Is this address on the list: since when, why, by which campaign; also an address that no contact has. */
export function StopLookUp() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const finding = useMutation({ mutationFn: stopList.find });
  return (
    <Panel title={t("stopList.lookUp")} description={t("stopList.lookUpHint")}>
      <Stack gap={0}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) finding.mutate(text.trim());
          }}
        >
          <Group gap="sm" align="flex-end">
            <TextInput
              flex="1 1 220px"
              maw={{ base: "100%", sm: 360 }}
              label={t("stopList.addressToFind")}
              maxLength={320}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" leftSection={<IconSearch size={16} />} disabled={!text.trim()} loading={finding.isPending}>
              {t("stopList.find")}
            </Button>
          </Group>
        </form>
        {finding.error && (
          <Box mt="md">
            <ProblemPanel problem={finding.error} />
          </Box>
        )}
        <div role="status">{finding.data && <Answer found={finding.data} again={() => finding.mutate(finding.data.address)} />}</div>
      </Stack>
    </Panel>
  );
}

function Answer({ found, again }: { found: StopFound; again: () => void }) {
  const { t } = useTranslation();
  const columns = useStopColumns(found.address, again);
  const listed = found.items.length > 0;
  return (
    <Stack gap="sm" mt="md">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Text component="span" c={listed ? "orange" : "teal"} lh={1}>
          {listed ? <IconMailOff size={20} aria-hidden /> : <IconCircleCheck size={20} aria-hidden />}
        </Text>
        <Stack gap={0} miw={0}>
          <Text fw={600} style={{ overflowWrap: "anywhere" }}>
            <Contactable text={found.address} />
          </Text>
          <Text size="sm" c="dimmed">
            {t(listed ? "stopList.listed" : "stopList.notListed")}
          </Text>
          {found.holders.map((one) => (
            <Anchor key={one.id} size="sm" component={Link} to={`/contacts/${one.id}`}>
              {one.name}
            </Anchor>
          ))}
          {found.holders.length === 0 && <Text size="sm">{t("stopList.nobodyHasIt")}</Text>}
        </Stack>
      </Group>
      {listed && <Rows<StopEntry> label={t("stopList.lookUp")} rows={found.items} columns={columns} />}
    </Stack>
  );
}
