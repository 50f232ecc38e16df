import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { IconPencilExclamation } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { companies, type Company } from "../../api/card";
import { tell, tellProblem } from "../../ui/notices";

/** A client that is known by its INN only, until somebody says what it is called. */
export function NamePending({ company }: { company: Company }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => companies.change(company.id, { name: name.trim(), kind: company.kind, inn: company.inn, kpp: company.kpp, unchangedSince: company.updatedAt }),
    onSuccess: async () => {
      tell(t("common.saved"));
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
    onError: async (problem) => {
      tellProblem(problem);
      await cache.invalidateQueries({ queryKey: ["companies"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) save.mutate();
  };
  return (
    <Alert color="orange" icon={<IconPencilExclamation size={18} />} title={t("companies.namePending")} mb="md">
      <Text size="sm" mb="xs">
        {t("companies.namePendingHint")}
      </Text>
      <form onSubmit={submit}>
        <Group gap="xs">
          <TextInput
            flex="1 1 220px"
            maw={420}
            maxLength={500}
            aria-label={t("companies.name")}
            placeholder={t("companies.name")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
            {t("common.save")}
          </Button>
        </Group>
      </form>
    </Alert>
  );
}
