import { ActionIcon, Button, Checkbox, Fieldset, Group, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { LineDraft, OrderLine } from "../../api/sales";
import { Dialog } from "../../ui/Dialog";
import { ProblemPanel } from "../../ui/ProblemPanel";
import { decimal, typed } from "./numbers";

interface Props {
  line: OrderLine | null;
  busy: boolean;
  problem: unknown;
  onClose: () => void;
  onSave: (line: LineDraft) => void;
}

const NUMBERS = ["width", "height", "quantity", "price", "amount"] as const;
const WORKS = 50;

/** A line of an order. The sum is kept as it is typed, and shown beside price times quantity. */
export function LineDialog({ line, busy, problem, onClose, onSave }: Props) {
  const { t, i18n } = useTranslation();
  const isNumber = (value: string) => (decimal(value) === undefined ? t("sales.numberNeeded") : null);
  const form = useForm({
    initialValues: {
      item: line?.item ?? "",
      machineCode: line?.machineCode ?? "",
      resolution: line?.resolution ?? "",
      material: line?.material ?? "",
      materialCode: line?.materialCode ?? "",
      width: typed(line?.width, i18n.language),
      height: typed(line?.height, i18n.language),
      quantity: typed(line?.quantity, i18n.language),
      price: typed(line?.price, i18n.language),
      amount: typed(line?.amount, i18n.language),
      isService: line?.isService ?? false,
      works: (line?.works ?? []).map((work, key) => ({
        key: String(key),
        kind: work.kind,
        quantity: typed(work.quantity, i18n.language),
        description: work.description ?? "",
      })),
    },
    validate: {
      item: (value) => (value.trim() ? null : t("sales.itemNeeded")),
      width: isNumber,
      height: isNumber,
      quantity: isNumber,
      price: isNumber,
      amount: isNumber,
      works: { quantity: isNumber },
    },
  });
  const save = (values: typeof form.values) => {
    const { works, width, height, quantity, price, amount, ...words } = values;
    const given = { width, height, quantity, price, amount };
    onSave({
      ...(line ? { id: line.id } : {}),
      ...words,
      ...(Object.fromEntries(NUMBERS.map((name) => [name, decimal(given[name]) ?? null])) as Record<(typeof NUMBERS)[number], string | null>),
      works: works
        .filter((work) => work.kind.trim() || work.description.trim())
        .map((work) => ({ kind: work.kind, quantity: decimal(work.quantity) ?? null, description: work.description })),
    });
  };
  const number = { inputMode: "decimal", className: "numbers" } as const;
  return (
    <Dialog opened onClose={onClose} title={line ? line.item || t("sales.noItem") : t("sales.addLine")} size="lg">
      <form onSubmit={form.onSubmit(save)} noValidate>
        <Stack>
          {problem !== null && problem !== undefined && <ProblemPanel problem={problem} />}
          {line?.ticket && (
            <Text size="sm" c="dimmed">
              {t("sales.ticketStays", { number: line.ticket.number })}
            </Text>
          )}
          <TextInput data-autofocus label={t("sales.item")} maxLength={1000} {...form.getInputProps("item")} />
          <Checkbox label={t("sales.isService")} {...form.getInputProps("isService", { type: "checkbox" })} />
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            <TextInput label={t("sales.machineCode")} maxLength={1000} {...form.getInputProps("machineCode")} />
            <TextInput label={t("sales.resolution")} maxLength={1000} {...form.getInputProps("resolution")} />
            <TextInput label={t("sales.material")} maxLength={1000} {...form.getInputProps("material")} />
            <TextInput label={t("sales.materialCode")} maxLength={1000} {...form.getInputProps("materialCode")} />
            <TextInput {...number} label={t("sales.width")} {...form.getInputProps("width")} />
            <TextInput {...number} label={t("sales.height")} {...form.getInputProps("height")} />
          </SimpleGrid>
          <SimpleGrid cols={{ base: 1, xs: 3 }}>
            <TextInput {...number} label={t("sales.quantity")} {...form.getInputProps("quantity")} />
            <TextInput {...number} label={t("sales.priceInRoubles")} {...form.getInputProps("price")} />
            <TextInput {...number} label={t("sales.sumInRoubles")} {...form.getInputProps("amount")} />
          </SimpleGrid>
          <Fieldset legend={t("sales.works")}>
            <Stack gap="xs">
              {form.values.works.map((work, place) => (
                <Group key={work.key} gap="xs" align="flex-start">
                  <TextInput
                    flex="2 1 150px"
                    maxLength={1000}
                    aria-label={t("sales.workKind", { number: place + 1 })}
                    placeholder={t("sales.workKindHint")}
                    {...form.getInputProps(`works.${place}.kind`)}
                  />
                  <TextInput
                    {...number}
                    flex="1 1 80px"
                    aria-label={t("sales.workQuantity", { number: place + 1 })}
                    placeholder={t("sales.quantity")}
                    {...form.getInputProps(`works.${place}.quantity`)}
                  />
                  <TextInput
                    flex="2 1 150px"
                    maxLength={1000}
                    aria-label={t("sales.workDescription", { number: place + 1 })}
                    placeholder={t("sales.description")}
                    {...form.getInputProps(`works.${place}.description`)}
                  />
                  <ActionIcon
                    size="lg"
                    variant="subtle"
                    color="gray"
                    aria-label={t("sales.removeWork", { number: place + 1 })}
                    onClick={() => form.removeListItem("works", place)}
                  >
                    <IconTrash size={16} />
                  </ActionIcon>
                </Group>
              ))}
              <Button
                size="xs"
                variant="default"
                w="fit-content"
                leftSection={<IconPlus size={14} />}
                disabled={form.values.works.length >= WORKS}
                onClick={() => form.insertListItem("works", { key: `new-${Date.now()}`, kind: "", quantity: "", description: "" })}
              >
                {t("sales.addWork")}
              </Button>
            </Stack>
          </Fieldset>
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t(line ? "common.save" : "sales.add")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
