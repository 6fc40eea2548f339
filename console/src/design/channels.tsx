import {
  IconAd2,
  IconBell,
  IconBuildingStore,
  IconDeviceMobile,
  IconDots,
  IconMail,
  IconMessage,
  IconMessageCircle,
  IconPhone,
  IconServer,
  IconShare,
  IconStar,
  IconWorld,
  type Icon,
} from "@tabler/icons-react";
import { useCallback } from "react";
import { useTextOr } from "./text";

export const CHANNELS = ["web", "app", "email", "sms", "push", "chat", "social", "call", "store", "ad", "review", "server", "other"] as const;

const LOOK: Record<string, { icon: Icon; color: string }> = {
  web: { icon: IconWorld, color: "var(--cat-1)" },
  app: { icon: IconDeviceMobile, color: "var(--cat-5)" },
  email: { icon: IconMail, color: "var(--cat-2)" },
  sms: { icon: IconMessage, color: "var(--cat-7)" },
  push: { icon: IconBell, color: "var(--cat-7)" },
  chat: { icon: IconMessageCircle, color: "var(--cat-3)" },
  social: { icon: IconShare, color: "var(--cat-4)" },
  call: { icon: IconPhone, color: "var(--cat-3)" },
  store: { icon: IconBuildingStore, color: "var(--cat-6)" },
  ad: { icon: IconAd2, color: "var(--cat-4)" },
  review: { icon: IconStar, color: "var(--cat-7)" },
  server: { icon: IconServer, color: "var(--cat-8)" },
  other: { icon: IconDots, color: "var(--cat-8)" },
};

export const channelColor = (channel: string): string => LOOK[channel]?.color ?? "var(--cat-8)";

export function useChannelName(): (channel: string) => string {
  const sayOr = useTextOr();
  return useCallback((channel) => sayOr(`channel.${channel}`, channel), [sayOr]);
}

/** A channel's picture; its name goes along for those who don't see it unless the name stands beside it. */
export function ChannelIcon({ channel, size = 16, named = false }: { channel: string; size?: number; named?: boolean }) {
  const name = useChannelName()(channel);
  const { icon: Picture, color } = LOOK[channel] ?? { icon: IconDots, color: "var(--cat-8)" };
  return (
    <>
      <Picture size={size} stroke={1.75} color={color} aria-hidden="true" style={{ flex: "none" }} />
      {named ? null : <span className="visually-hidden">{name}</span>}
    </>
  );
}
