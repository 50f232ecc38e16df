import { Kbd, Stack, Switch, Table } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../../ui/Dialog";
import { keysOn, turnKeys } from "./keys";

const ON_LIST = [["move", "J", "K", "↓", "↑"], ["open", "Enter"], ["mark", "X"]] as const;
const ACTS = [["take", "T"], ["assign", "A"], ["process", "P"], ["close", "C"], ["result", "1", "2", "3", "4"], ["help", "?"]] as const;

/** What the keys do, and whether they do it. */
export function KeysDialog({ opened, onClose, list = false }: { opened: boolean; onClose: () => void; list?: boolean }) {
  const { t } = useTranslation();
  const [on, setOn] = useState(keysOn);
  return (
    <Dialog opened={opened} onClose={onClose} title={t("leads.keys")}>
      <Stack>
        <Table aria-label={t("leads.keys")} verticalSpacing={6}>
          <Table.Tbody>
            {[...(list ? ON_LIST : []), ...ACTS].map(([what, ...keys]) => (
              <Table.Tr key={what}>
                <Table.Th scope="row" fw={400}>
                  {t(`leads.keyOf.${what}`)}
                </Table.Th>
                <Table.Td ta="end">
                  {keys.map((key) => (
                    <Kbd key={key} ml={4}>
                      {key}
                    </Kbd>
                  ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Switch
          label={t("leads.keysOn")}
          description={t("leads.keysHint")}
          checked={on}
          onChange={({ currentTarget }) => {
            turnKeys(currentTarget.checked);
            setOn(currentTarget.checked);
          }}
        />
      </Stack>
    </Dialog>
  );
}
