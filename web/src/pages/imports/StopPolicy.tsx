import { Alert, Select, SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { contacts } from "../../api/contacts";
import type { Policy } from "../../api/imports";
import { REASONS } from "../contacts/stop-search";

/** Why the addresses of a file are suppressed where a row does not say, and in which category. */
export function StopPolicy({ policy, onChange }: { policy: Policy; onChange: (part: Partial<Policy>) => void }) {
  const { t } = useTranslation();
  const categories = useQuery(contacts.categories).data ?? [];
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={t("stopList.defaultReason")}
          description={t("stopList.defaultReasonHint")}
          allowDeselect={false}
          value={policy.reason ?? "unsubscribe"}
          data={REASONS.map((value) => ({ value, label: t(`stopList.reason.${value}`) }))}
          onChange={(reason) => onChange({ reason: REASONS.find((value) => value === reason) ?? "unsubscribe" })}
        />
        <Select
          label={t("stopList.category")}
          description={t("stopList.addCategoryHint")}
          placeholder={t("stopList.allCategories")}
          clearable
          value={policy.categoryId ?? null}
          data={categories.map(({ id, title }) => ({ value: id, label: title }))}
          onChange={(categoryId) => onChange({ categoryId })}
        />
      </SimpleGrid>
      <Alert color="blue">{t("stopList.importExplained")}</Alert>
    </Stack>
  );
}
