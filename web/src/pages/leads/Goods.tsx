import { Anchor, Badge, Box, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { leads, type LeadOrder } from "../../api/leads";
import { useFormat } from "../../ui/format";
import { Panel } from "../../ui/Panel";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { CardLink } from "./CardLink";
import { WARNING } from "./colours";
import classes from "./Lead.module.css";

type Line = LeadOrder["lines"][number];

/** The lines of the lead's order with their works and layouts. */
export function Goods({ orderId }: { orderId: string }) {
  const { t, i18n } = useTranslation();
  const { data, error, refetch } = useQuery(leads.order(orderId));
  const title = data ? t("leads.orderOf", { number: data.number }) : t("leads.order");
  return (
    <Panel title={title} actions={<CardLink to={`/orders/${orderId}`}>{t("leads.openOrder")}</CardLink>}>
      {error && !data && <ProblemPanel problem={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton h={90} role="status" aria-label={t("common.loading")} />}
      {data && data.lines.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("leads.noLines")}
        </Text>
      )}
      {data && data.lines.length > 0 && (
        <Box className={classes.goods} tabIndex={0} role="region" aria-label={title}>
          <Table aria-label={title} miw={640} verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("leads.item")}</Table.Th>
                <Table.Th>{t("leads.material")}</Table.Th>
                <Table.Th ta="end">{t("leads.size")}</Table.Th>
                <Table.Th ta="end">{t("leads.quantity")}</Table.Th>
                <Table.Th ta="end">{t("leads.price")}</Table.Th>
                <Table.Th ta="end">{t("leads.sum")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.lines.map((line) => (
                <Goodsline key={line.id} line={line} money={money(i18n.language, data.currency)} />
              ))}
            </Table.Tbody>
          </Table>
        </Box>
      )}
      {data && data.layouts.length > 0 && <LayoutLinks of={data.layouts} />}
    </Panel>
  );
}

function Goodsline({ line, money: shown }: { line: Line; money: (sum: string | null) => string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = (text: string | null) => (text === null ? "—" : format.number(Number(text)));
  return (
    <Table.Tr>
      <Table.Td>
        {line.item || "—"} {line.isService && <Badge color="gray">{t("leads.service")}</Badge>}
        {line.works.map((work, place) => (
          // Works have no name but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <Text key={place} size="xs" c="dimmed">
            {[work.kind, work.quantity && `× ${number(work.quantity)}`, work.description].filter(Boolean).join(" ")}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>{[line.material, line.machineCode].filter(Boolean).join(" · ") || "—"}</Table.Td>
      <Table.Td ta="end" className="numbers">
        {line.width || line.height ? `${number(line.width)} × ${number(line.height)}` : "—"}
      </Table.Td>
      <Table.Td ta="end" className="numbers">{number(line.quantity)}</Table.Td>
      <Table.Td ta="end" className="numbers">{shown(line.price)}</Table.Td>
      <Table.Td ta="end" className="numbers">
        {shown(line.amount)}
        {line.differs && (
          <Text size="xs" c={WARNING}>
            {t("leads.sumDiffers", { computed: shown(line.computed) })}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function LayoutLinks({ of }: { of: string[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap={2} mt="sm">
      <Text size="sm" fw={550}>
        {t("leads.layouts")}
      </Text>
      {of.map((one) =>
        /^https?:\/\//i.test(one) ? (
          <Anchor key={one} href={one} target="_blank" rel="noopener noreferrer" size="sm" style={{ overflowWrap: "anywhere" }}>
            {one}
          </Anchor>
        ) : (
          <Text key={one} size="sm">
            {one}
          </Text>
        ),
      )}
    </Stack>
  );
}

const money = (language: string, currency: string) => {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return (sum: string | null) => (sum === null ? "—" : format.format(Number(sum)));
};
