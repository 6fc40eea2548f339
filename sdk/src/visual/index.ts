/** Experiments that run by address: their visual changes on the page, never their scripts. */
import type { Core } from "../core";
import { Changes, type Change } from "../dom/changes";
import { ownAddress } from "../dom/links";
import { evaluate } from "../flags";

interface Variation {
  domMutations?: Change[];
  css?: string;
}

interface Running {
  stop: () => void;
}
const running = new Map<string, Running>();

export async function start(core: Core): Promise<void> {
  const evaluator = await evaluate(core);
  const look = core.guarded("visual", () => {
    const wanted = evaluator.ask((engine, asking) => engine.automatic(asking));
    const kept = new Set<string>();
    for (const { experiment, result, redirect } of wanted) {
      const to = redirect && ownAddress(redirect);
      if (to && to.href !== location.href) {
        core.flushing();
        return location.replace(to.href);
      }
      const name = `${experiment.key} ${result.key}`;
      kept.add(name);
      if (!running.has(name)) running.set(name, apply(result.value as Variation));
    }
    for (const [name, { stop }] of running) {
      if (kept.has(name)) continue;
      stop();
      running.delete(name);
    }
  });
  const again = (): void => void evaluator.refresh().then(look, (error: unknown) => core.complain("visual", error));
  look();
  core.on("navigate", () => {
    look();
    again();
  });
  core.listen(document, "visibilitychange", () => {
    if (document.visibilityState === "visible") again(); // a stopped experiment goes from open pages, too
  });
}

function apply({ domMutations, css }: Variation): Running {
  const changes = new Changes(domMutations || []);
  changes.apply();
  const sheet = css ? styled(css) : null;
  return {
    stop: () => {
      changes.revert();
      if (sheet) document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    },
  };
}

function styled(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = document.adoptedStyleSheets.concat(sheet);
  return sheet;
}
