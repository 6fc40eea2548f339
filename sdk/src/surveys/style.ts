/** The card's look. Colours and fonts are the brand's where the server says them, the page's `--resa-*` else. */
const STYLE = `
:host{all:initial;--accent:var(--brand-primary,var(--resa-accent,#14665a));--on-accent:var(--brand-on-primary,var(--resa-on-accent,#fff));--ink:var(--brand-text,var(--resa-ink,#1b1b1f));--paper:var(--brand-background,var(--resa-surface,#fff));--line:var(--resa-line,#767680);font:16px/1.45 var(--brand-font-body,var(--resa-font,system-ui,sans-serif));color:var(--ink)}
*{box-sizing:border-box}
.card{position:fixed;z-index:2147483000;inset:auto 16px 16px auto;width:400px;max-width:calc(100vw - 32px);max-height:calc(100vh - 32px);overflow:auto;background:var(--paper);color:var(--ink);border:1px solid var(--line);border-radius:var(--resa-radius,14px);padding:20px;box-shadow:0 10px 40px #0004}
:host([data-inline]){display:block}:host([data-inline]) .card{position:relative;inset:auto;z-index:auto;width:auto;max-width:640px;max-height:none;border-radius:var(--resa-radius,14px);border-width:1px;box-shadow:none}
[dir=rtl].card{inset:auto auto 16px 16px}
@media (max-width:480px){.card,[dir=rtl].card{inset:auto 0 0 0;width:auto;max-width:none;border-radius:14px 14px 0 0;border-width:1px 0 0;padding-bottom:max(20px,env(safe-area-inset-bottom))}}
fieldset{border:0;padding:0;margin:0;min-width:0}
.title{display:block;font-weight:650;font-size:1.08em;padding:0;margin:0 0 12px;padding-inline-end:36px;overflow-wrap:anywhere;outline:0}
.need{color:inherit;font-weight:400}.help,.intro{margin:-4px 0 12px;overflow-wrap:anywhere}
.scale{display:grid;grid-template-columns:repeat(var(--n),minmax(0,1fr));gap:4px}
.scale .choice{padding:0;border:0;margin:0;position:relative}
.scale .choice span{display:grid;place-items:center;width:100%;min-height:44px;border:1px solid var(--line);border-radius:8px}
.scale input{position:absolute;inset:0;opacity:0;width:100%;height:100%;margin:0;cursor:pointer}
.scale input:checked+span{background:var(--accent);color:var(--on-accent);border-color:var(--accent)}
.scale input:focus-visible+span,.choice:has(input:focus-visible){outline:3px solid var(--accent);outline-offset:2px}
.scale .choice:has(input:focus-visible){outline:0}
.stars .choice span{border:0;font-size:1.8em;line-height:1;opacity:.4}.stars .choice:has(~.choice input:checked) span,.stars input:checked+span{opacity:1;background:none;color:var(--accent)}
@media (max-width:360px){.scale{grid-template-columns:repeat(6,minmax(0,1fr))}}
.ends{display:flex;justify-content:space-between;gap:12px;font-size:.875em;margin-top:6px}
.choice{display:flex;gap:10px;align-items:center;padding:10px 12px;border:1px solid var(--line);border-radius:8px;margin:0 0 6px;cursor:pointer;overflow-wrap:anywhere;min-height:44px}
.choice>input{width:18px;height:18px;margin:0;flex:none;accent-color:var(--accent)}
.row{margin:0 0 14px}.row legend{padding:0;margin:0 0 6px}.row .choice{display:inline-flex;margin-inline-end:6px}
.ranking{margin:0;padding-inline-start:24px}.ranking li{margin:0 0 6px;padding-inline-start:4px}.ranking li span{display:inline-block;width:calc(100% - 104px);vertical-align:middle;overflow-wrap:anywhere}
.move{font:inherit;width:44px;height:44px;margin-inline-start:4px;border:1px solid var(--line);border-radius:8px;background:none;color:inherit;cursor:pointer}.move:disabled{opacity:.35;cursor:default}
textarea,.line{font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:8px;padding:10px;width:100%;min-height:44px;margin:0 0 6px}textarea{resize:vertical}::placeholder{color:inherit;opacity:.75}
.named{display:block;margin:0 0 8px}
.problem{color:#b3261e;border-inline-start:4px solid;padding-inline-start:8px;margin:8px 0 0;font-weight:600}
.foot{display:flex;gap:8px;align-items:center;margin-top:16px}
.foot button{font:inherit;font-weight:600;min-height:44px;padding:0 18px;border-radius:8px;cursor:pointer;border:1px solid var(--accent);background:none;color:var(--accent)}
.foot .primary{background:var(--accent);color:var(--on-accent);margin-inline-start:auto}
.close{position:absolute;top:8px;inset-inline-end:8px;width:44px;height:44px;border:0;background:none;color:inherit;font:24px/1 system-ui,sans-serif;cursor:pointer;border-radius:8px}
progress{appearance:none;width:100%;height:4px;border:0;display:block;margin:14px 0 0;background:#8883;border-radius:2px;overflow:hidden}progress::-webkit-progress-bar{background:#8883}progress::-webkit-progress-value{background:var(--accent)}progress::-moz-progress-bar{background:var(--accent)}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);margin:0}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media (prefers-color-scheme:dark){:host(:not([data-branded])){--ink:var(--resa-ink,#f2f2f5);--paper:var(--resa-surface,#1e1e24);--accent:var(--resa-accent,#8fd3c6);--on-accent:var(--resa-on-accent,#101018);--line:var(--resa-line,#8d8d9a)}:host(:not([data-branded])) .problem{color:#ffb4ab}}
@media (prefers-reduced-motion:no-preference){.card{animation:in .2s ease-out}@keyframes in{from{opacity:0;transform:translateY(12px)}}}
`;
let sheet: CSSStyleSheet | undefined;

/** A shadow tree with the card's style; a policy on styles does not concern constructed sheets. */
export function shadow(host: HTMLElement): ShadowRoot {
  const root = host.attachShadow({ mode: "open" });
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  return root;
}
