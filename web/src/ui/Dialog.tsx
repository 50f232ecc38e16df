import { Modal, Text, type ModalRootProps } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { focusBack } from "./focus";

interface Props extends ModalRootProps {
  title: string;
  children: ReactNode;
}

/** A modal window with the same head everywhere and a named close button. */
export function Dialog({ title, children, ...root }: Props) {
  const { t } = useTranslation();
  useFocusBack(root.opened);
  return (
    <Modal.Root centered returnFocus={false} {...root}>
      <Modal.Overlay />
      <Modal.Content>
        {/* A <header> outside of an article is the page's banner to a screen reader; a page has one already. */}
        <Modal.Header role="presentation">
          <Modal.Title>
            <Text fw={600} component="span" style={{ overflowWrap: "anywhere" }}>
              {title}
            </Text>
          </Modal.Title>
          <Modal.CloseButton aria-label={t("common.close")} />
        </Modal.Header>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** Gives the focus back to what opened the dialog, also when the dialog is taken away whole. */
function useFocusBack(opened: boolean): void {
  useEffect(() => (opened ? focusBack() : undefined), [opened]);
}
