import { Badge } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Input } from "../../api/intake";

const COLOURS: Record<Input["state"], string> = { new: "herald", read: "teal", unreadable: "red", set_aside: "gray" };

/** What became of an input. */
export function InputState({ state }: { state: Input["state"] }) {
  const { t } = useTranslation();
  return <Badge color={COLOURS[state]}>{t(`intake.inputs.is.${state}`)}</Badge>;
}
