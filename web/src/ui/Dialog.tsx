import { Modal, Text, type ModalProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** A modal window with the same head everywhere and a named close button. */
export function Dialog({ title, children, ...modal }: ModalProps & { title: string }) {
  const { t } = useTranslation();
  return (
    <Modal
      centered
      title={
        <Text fw={600} component="span">
          {title}
        </Text>
      }
      closeButtonProps={{ "aria-label": t("common.close") }}
      {...modal}
    >
      {children}
    </Modal>
  );
}
