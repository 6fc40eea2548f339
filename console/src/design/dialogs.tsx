import type { DrawerProps, ModalProps } from "@mantine/core";
import { lazy, Suspense, useLayoutEffect } from "react";
import { useText } from "./text";

/** What lies over a page loads when the first one is opened. */
const LaterDrawer = lazy(async () => ({ default: (await import("./overlays")).Drawer }));
const LaterModal = lazy(async () => ({ default: (await import("./overlays")).Modal }));

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
  const say = useText();
  useFocusBack();
  return (
    <Suspense>
      <LaterDrawer closeButtonProps={{ "aria-label": say("action.close") }} {...props} />
    </Suspense>
  );
}

export function Modal(props: ModalProps) {
  const say = useText();
  useFocusBack();
  return (
    <Suspense>
      <LaterModal closeButtonProps={{ "aria-label": say("action.close") }} {...props} />
    </Suspense>
  );
}
