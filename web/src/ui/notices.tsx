import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import i18n from "../i18n";
import { focusBack } from "./focus";
import { describeProblem, traceIdOf } from "./problems";

export function tell(message: string): void {
  notifications.show({ message, color: "teal", icon: <IconCheck size={18} />, closeButtonProps: named() });
}

export function tellProblem(problem: unknown): void {
  const { title, detail } = describeProblem(problem);
  const traceId = traceIdOf(problem);
  const message = traceId ? `${detail} ${i18n.t("common.traceId")}: ${traceId}` : detail;
  notifications.show({ title, message, color: "red", icon: <IconAlertTriangle size={18} />, autoClose: 9000, closeButtonProps: named() });
}

const named = () => ({ "aria-label": i18n.t("common.close") });

interface Question {
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
  onConfirm: () => void;
}

/** Asks before something that cannot be taken back. */
export function ask({ title, text, confirm, danger, onConfirm }: Question): void {
  modals.openConfirmModal({
    centered: true,
    returnFocus: false,
    onClose: focusBack(),
    title: (
      <Text fw={600} style={{ overflowWrap: "anywhere" }}>
        {title}
      </Text>
    ),
    children: <Text size="sm">{text}</Text>,
    labels: { confirm, cancel: i18n.t("common.cancel") },
    confirmProps: danger ? { color: "red" } : {},
    closeButtonProps: { "aria-label": i18n.t("common.close") },
    onConfirm,
  });
}
