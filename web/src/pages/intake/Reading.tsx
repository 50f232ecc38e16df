import { Alert, List, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { InputReading } from "../../api/intake";
import { Field } from "../../ui/Field";
import { phone, useFormat } from "../../ui/format";

const TEXTS = [
  "title", "person", "company", "email", "phone", "description", "inn", "city", "country", "ip", "site", "path", "partner", "responsible", "referrer",
  "utmSource", "utmMedium", "utmCampaign", "utmTerm", "utmContent",
] as const;

/** What was read of an input: its fields, its goods, and what a person should know of them. */
export function Reading({ reading }: { reading: InputReading }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      {reading.reason && (
        <Alert color="red" icon={<IconAlertTriangle size={18} />} title={t("intake.reading.unreadable")}>
          {reading.reason.text}
          {reading.reason.field && <div>{t("intake.reading.where", { place: reading.reason.field })}</div>}
        </Alert>
      )}
      {reading.warnings.length > 0 && (
        <Alert color="yellow" title={t("intake.reading.warnings")}>
          <List size="sm" spacing={2}>
            {reading.warnings.map((warning) => (
              <List.Item key={`${warning.code} ${warning.field} ${warning.text}`} style={{ overflowWrap: "anywhere" }}>
                {warning.text}
                {warning.field && !warning.text.includes(warning.field) && ` (${warning.field})`}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {reading.fields && <Fields fields={reading.fields} />}
      {reading.encoding && (
        <Text size="xs" c="dimmed">
          {t("intake.reading.encoding", { encoding: reading.encoding })}
        </Text>
      )}
    </Stack>
  );
}

function Fields({ fields }: { fields: NonNullable<InputReading["fields"]> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const shown: [string, ReactNode][] = TEXTS.filter((name) => fields[name]).map((name) => [
    t(`intake.field.${name}`),
    name === "phone" ? phone(fields.phone) : fields[name],
  ]);
  if (fields.datedAt) shown.push([t("intake.field.datedAt"), format.dateTime(fields.datedAt)]);
  if (fields.layouts.length > 0) shown.push([t("intake.field.layouts"), fields.layouts.map((link) => <div key={link}>{link}</div>)]);
  const extra = Object.entries(fields.extra);
  return (
    <Stack gap="sm">
      <div>
        {shown.map(([label, value]) => (
          <Field key={label} label={label}>
            {value}
          </Field>
        ))}
        {extra.map(([name, value]) => (
          <Field key={name} label={t("intake.reading.extra", { name })}>
            {typeof value === "string" ? value : JSON.stringify(value)}
          </Field>
        ))}
      </div>
      {fields.lines.length > 0 && <Goods lines={fields.lines} />}
    </Stack>
  );
}

function Goods({ lines }: { lines: NonNullable<InputReading["fields"]>["lines"] }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={520} scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("intake.goods.title") } }}>
      <Table aria-label={t("intake.goods.title")} verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("intake.goods.item")}</Table.Th>
            <Table.Th ta="end">{t("intake.goods.size")}</Table.Th>
            <Table.Th ta="end">{t("intake.goods.quantity")}</Table.Th>
            <Table.Th ta="end">{t("intake.goods.price")}</Table.Th>
            <Table.Th ta="end">{t("intake.goods.amount")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line, place) => (
            // Lines have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <Table.Tr key={place}>
              <Table.Td>
                <Text size="sm">
                  {line.item}
                  {line.isService && ` (${t("intake.goods.service")})`}
                </Text>
                <Text size="xs" c="dimmed">
                  {[line.material, line.resolution, ...line.works.map((work) => [work.kind, work.quantity && `× ${work.quantity}`, work.description].filter(Boolean).join(" "))].filter(Boolean).join("; ")}
                </Text>
              </Table.Td>
              <Table.Td ta="end" className="numbers">
                {line.width && line.height ? `${line.width} × ${line.height}` : ""}
              </Table.Td>
              <Table.Td ta="end" className="numbers">
                {line.quantity}
              </Table.Td>
              <Table.Td ta="end" className="numbers">
                {line.price}
              </Table.Td>
              <Table.Td ta="end" className="numbers">
                {line.amount}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
