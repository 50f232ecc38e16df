import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { collectors, type CollectorBody } from "../../api/intake";
import { tell } from "../../ui/notices";
import { PageHeader } from "../../ui/PageHeader";
import { CollectorForm } from "./CollectorForm";

export default function NewCollectorPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const save = async (body: CollectorBody) => {
    const made = await collectors.create(body);
    tell(t("intake.collector.made"));
    await client.invalidateQueries({ queryKey: ["mail-collectors"] });
    await navigate({ to: "/settings/collectors/$id", params: { id: made.id } } as never);
  };
  return (
    <>
      <PageHeader title={t("intake.collector.new")} back={{ to: "/settings/intake", label: t("intake.title") }} />
      <div style={{ maxWidth: 980 }}>
        <CollectorForm save={save} />
      </div>
    </>
  );
}
