import { IconAlertTriangle, IconArrowsExchange, IconArrowsLeftRight, IconClick, IconClockPause, IconForms, IconPhone, IconPointerOff, IconRefresh, IconSearchOff, IconShoppingCartX, IconExclamationCircle, type Icon } from "@tabler/icons-react";

const PICTURES: [RegExp, Icon][] = [
  [/rage/, IconClick],
  [/dead/, IconPointerOff],
  [/form/, IconForms],
  [/cart|checkout/, IconShoppingCartX],
  [/loop/, IconRefresh],
  [/pogo/, IconArrowsLeftRight],
  [/error/, IconAlertTriangle],
  [/slow/, IconClockPause],
  [/search/, IconSearchOff],
  [/contact/, IconPhone],
  [/hand/, IconArrowsExchange],
];

export function SignalIcon({ signal }: { signal: string }) {
  const Picture = PICTURES.find(([pattern]) => pattern.test(signal))?.[1] ?? IconExclamationCircle;
  return <Picture size={20} stroke={1.75} aria-hidden="true" style={{ flex: "none", marginTop: 2 }} />;
}
