import { Drawer as MantineDrawer, Modal as MantineModal, type DrawerProps, type ModalProps } from "@mantine/core";
import { useLayoutEffect } from "react";

/** Gives the focus back to where it was. Mantine does so only for dialogs that stay mounted; ours live as long as they are open. */
function useFocusBack(): void {
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
}

export function Drawer(props: DrawerProps) {
  useFocusBack();
  return <MantineDrawer {...props} />;
}

export function Modal(props: ModalProps) {
  useFocusBack();
  return <MantineModal {...props} />;
}
