import type { Core } from "../core";

export interface Trigger {
  trigger?: "load" | "delay" | "scroll" | "exit";
  delay?: number;
  scroll?: number;
}

/** Calls once, when what a block waits for has come; gives back how to wait no longer. */
export function when(core: Core, { trigger, delay = 0, scroll = 0.5 }: Trigger, then: () => void): () => void {
  let stop = (): void => {};
  const go = core.guarded("trigger", () => {
    stop();
    then();
  });
  if (trigger === "scroll") {
    const look = (): void => {
      const room = document.documentElement.scrollHeight - innerHeight;
      if (room <= 0 || scrollY / room >= scroll) go();
    };
    addEventListener("scroll", look, { passive: true });
    stop = () => removeEventListener("scroll", look);
    look();
  } else if (trigger === "exit") {
    const leave = (event: MouseEvent): void => {
      if (!event.relatedTarget && event.clientY <= 0) go();
    };
    document.addEventListener("mouseout", leave, { passive: true });
    stop = () => document.removeEventListener("mouseout", leave);
  } else {
    const clock = setTimeout(go, trigger === "delay" ? delay * 1000 : 0);
    stop = () => clearTimeout(clock);
  }
  return () => stop();
}
