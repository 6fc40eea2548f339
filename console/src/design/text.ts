import { useCallback } from "react";
import { useIntl } from "react-intl";
import type en from "../messages/en.json";

export type MessageId = keyof typeof en;
export type Values = Record<string, string | number | Date | boolean>;
export type Say = (id: MessageId, values?: Values) => string;

/** `say("board.title")`: the one way a text reaches the screen. */
export function useText(): Say {
  const intl = useIntl();
  return useCallback((id, values) => intl.formatMessage({ id }, values as never), [intl]);
}

/** For keys made from data (channels, roles, steps): the catalogue's text, or the datum itself where there is none. */
export function useTextOr(): (id: string, fallback: string, values?: Values) => string {
  const intl = useIntl();
  return useCallback((id, fallback, values) => (id in intl.messages ? intl.formatMessage({ id }, values as never) : fallback), [intl]);
}
