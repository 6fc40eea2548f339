import { afterEach, expect, it, vi } from "vitest";
import { openSiteEditor, type Result } from "./siteEditor";

/** A window that opens another one; what is said to it can be seen, and things can be said as it. */
function browser() {
  const page = { postMessage: vi.fn(), close: vi.fn(), closed: false };
  let hear: ((event: unknown) => void) | undefined;
  const open = vi.fn((_address: string) => page);
  vi.stubGlobal("window", {
    open,
    addEventListener: (_name: string, then: (event: unknown) => void) => (hear = then),
    removeEventListener: () => (hear = undefined),
    setInterval: () => 1,
    clearInterval: () => {},
  });
  const token = () => new URL(open.mock.calls[0]?.[0] ?? "").searchParams.get("resa-pick");
  const say = (data: object, origin = "https://shop.example", source: unknown = page) => hear?.({ data: { token: token(), ...data }, origin, source });
  return { page, open, say, token };
}

afterEach(() => vi.unstubAllGlobals());

it("starts the editor of the page it opened and takes its result", () => {
  const { page, say, token } = browser();
  const done = vi.fn<(result: Result) => void>();
  openSiteEditor("https://shop.example/cart?a=1", { mode: "changes", language: "sv" }, { done });
  expect(token()).toMatch(/^[0-9a-f]{32}$/);
  say({ type: "resa-pick:hello" });
  expect(page.postMessage).toHaveBeenCalledWith({ type: "resa-pick:start", token: token(), mode: "changes", language: "sv" }, "https://shop.example");
  say({ type: "resa-pick:result", changes: [] });
  expect(done).toHaveBeenCalledOnce();
});

it("hears no other page, no other window and no other token", () => {
  const { page, say } = browser();
  const done = vi.fn<(result: Result) => void>();
  openSiteEditor("https://shop.example/", { mode: "placement" }, { done });
  say({ type: "resa-pick:hello" }, "https://evil.example");
  say({ type: "resa-pick:hello" }, "https://shop.example", {});
  say({ type: "resa-pick:result", token: "another" });
  expect(page.postMessage).not.toHaveBeenCalled();
  expect(done).not.toHaveBeenCalled();
});

it("says when the browser keeps the window shut", () => {
  const { open } = browser();
  open.mockReturnValue(null as never);
  expect(openSiteEditor("https://shop.example/", { mode: "changes" }, { done: () => {} })).toBeNull();
});
