import { useTranslation } from "react-i18next";
import type { Exclusion } from "../../api/campaigns";
import { Field } from "../../ui/Field";
import { useFormat } from "../../ui/format";

/** Who is left out of the audience, counted by reason. */
export function Exclusions({ exclusions }: { exclusions: Exclusion[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return exclusions.map(({ reason, count }) => (
    <Field key={reason} label={t(`campaigns.exclusion.${reason}`, { defaultValue: reason })}>
      <span className="numbers">{format.number(count)}</span>
    </Field>
  ));
}
