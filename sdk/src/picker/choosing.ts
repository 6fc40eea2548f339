/** Chooses an element of the page, by mouse or keyboard, while the page itself hears nothing of it. */

const HEARD = ["click", "mousedown", "mouseup", "pointerdown", "pointerup", "dblclick", "auxclick", "contextmenu", "touchstart", "touchend", "submit", "dragstart"];

export class Choosing {
  private on = false;
  private at: Element | null = null;

  constructor(
    private host: HTMLElement,
    private frame: HTMLElement,
    private told: { over: (element: Element) => void; chosen: (element: Element) => void; cancelled: () => void },
  ) {
    for (const name of HEARD) addEventListener(name, this.hear, { capture: true });
    addEventListener("mousemove", this.move, { capture: true, passive: true });
    addEventListener("keydown", this.key, { capture: true });
    const follow = (): void => this.draw();
    addEventListener("scroll", follow, { capture: true, passive: true });
    addEventListener("resize", follow, { passive: true });
  }

  /** Whether clicks choose; else the page works as for a visitor. */
  set active(on: boolean) {
    this.on = on;
    if (!on) this.show(null);
  }

  show(element: Element | null): void {
    this.at = element;
    this.draw();
  }

  private own(event: Event): boolean {
    return event.composedPath().includes(this.host);
  }

  private hear = (event: Event): void => {
    if (!this.on || this.own(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const target = event.composedPath()[0];
    if (event.type === "click" && target instanceof Element) this.choose(target);
  };

  private move = (event: MouseEvent): void => {
    const target = event.target;
    if (this.on && !this.own(event) && target instanceof Element && target !== this.at) this.over(target);
  };

  private key = (event: KeyboardEvent): void => {
    if (!this.on || (this.own(event) && !(event.composedPath()[0] as Element).hasAttribute?.("data-keys"))) return;
    const at = this.at || document.body;
    const steps: Record<string, Element | null> = { ArrowUp: at.parentElement, ArrowDown: at.firstElementChild, ArrowLeft: at.previousElementSibling, ArrowRight: at.nextElementSibling };
    if (event.key === "Enter" && this.at) this.choose(this.at);
    else if (event.key === "Escape") this.told.cancelled();
    else if (event.key in steps) {
      const next = steps[event.key];
      if (next && next !== this.host && next !== document.documentElement) this.over(next);
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };

  private over(element: Element): void {
    this.show(element);
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) element.scrollIntoView({ block: "center" });
    this.told.over(element);
  }

  private choose(element: Element): void {
    this.show(element);
    this.told.chosen(element);
  }

  private draw(): void {
    const { style } = this.frame;
    if (!this.at || !this.at.isConnected) {
      style.display = "none";
      return;
    }
    const { top, left, width, height } = this.at.getBoundingClientRect();
    style.cssText = `display:block;top:${top}px;left:${left}px;width:${width}px;height:${height}px`;
  }
}
