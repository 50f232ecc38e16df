import { Modal, Text, type ModalRootProps } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

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

/** What had the focus last; of a menu's item it is the menu's button, for the item is gone when it has done its work. */
let last: HTMLElement | null = null;

document.addEventListener("focusin", ({ target }) => {
  if (!(target instanceof HTMLElement)) return;
  const menu = target.closest("[role=menu]")?.getAttribute("aria-labelledby");
  last = menu ? document.getElementById(menu) : target;
});

/** Gives the focus back to what opened the dialog, also when the dialog is taken away whole. */
function useFocusBack(opened: boolean): void {
  useEffect(() => {
    if (!opened) return;
    const opener = last;
    return () => {
      // After the last blur of what goes away.
      setTimeout(() => opener?.isConnected && opener.focus({ preventScroll: true }));
    };
  }, [opened]);
}
