// Pictures of the products: a few shapes in the colour of their aisle, drawn here so that nothing is fetched from elsewhere.
"use strict";
const art = (() => {
  const path = (d, fill, more = "") => `<path d="${d}" fill="${fill}" ${more}/>`;
  const ellipse = (x, y, a, b, fill, more = "") => `<ellipse cx="${x}" cy="${y}" rx="${a}" ry="${b}" fill="${fill}" ${more}/>`;
  const box = (x, y, w, h, r, fill, more = "") => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" fill="${fill}" ${more}/>`;
  const shade = "rgba(0,0,0,.16)";
  const light = "rgba(255,255,255,.55)";
  const paper = "#fffdf7";
  const green = "#4c9f50";
  const shapes = {
    banana: () => path("M26 40c4 34 30 52 66 42 6-2 6-8 1-9-26-2-45-14-52-38-3-7-16-5-15 5z", "#f4c542") + path("M26 40c-1-10 12-12 15-5l-6 3z", "#8a6d3b") + path("M93 73c5 1 5 7-1 9l-4-8z", "#8a6d3b"),
    berry: (c) => path("M60 98C40 88 30 66 34 48c12-8 40-8 52 0 4 18-6 40-26 50z", c) + path("M60 46l-20-6 10-2-6-10 14 6 2-12 4 12 14-6-6 10 10 2z", green) + [[48, 58], [62, 56], [74, 60], [52, 72], [66, 72], [60, 86]].map(([x, y]) => ellipse(x, y, 1.8, 2.6, light)).join(""),
    grapes: (c) => [[44, 46], [60, 44], [76, 46], [52, 60], [68, 60], [60, 76]].map(([x, y]) => ellipse(x, y, 11, 11, c) + ellipse(x - 3, y - 4, 3, 3, light)).join("") + path("M60 34c0-8 4-12 10-14l2 4c-4 2-7 5-7 10z", "#6b4f2a"),
    apple: (c) => path("M60 42c-8-7-30-6-30 18 0 20 14 38 24 38 4 0 4-2 6-2s2 2 6 2c10 0 24-18 24-38 0-24-22-25-30-18z", c) + path("M60 42c-1-8 1-16 8-20l3 3c-5 4-7 9-6 17z", "#6b4f2a") + path("M66 32c6-10 16-10 22-8-2 8-12 14-22 8z", green) + ellipse(44, 56, 5, 9, light),
    orange: (c) => ellipse(60, 66, 33, 32, c) + ellipse(50, 54, 9, 7, light) + path("M60 34c4-8 12-12 20-10-2 8-10 13-20 10z", green),
    potato: (c) => path("M30 72c-4-20 18-42 42-36 22 6 26 34 8 48-16 12-46 8-50-12z", c) + [[48, 60], [66, 52], [74, 70], [56, 78]].map(([x, y]) => ellipse(x, y, 2.4, 1.6, shade)).join(""),
    leaf: () => path("M60 100c-26-6-34-30-24-46-2-14 10-24 24-26 14 2 26 12 24 26 10 16 2 40-24 46z", "#6bb36e") + path("M60 100V44M60 66L46 54M60 66l14-12M60 82L44 72M60 82l16-10", "none", `stroke="${paper}" stroke-width="3" stroke-linecap="round" opacity=".7"`),
    carrot: (c) => path("M46 46c12-10 30-2 32 12C68 78 52 92 32 100c4-22 6-40 14-54z", c) + path("M70 46c2-12 8-20 16-24 0 8-2 14-8 20 8-2 14-2 20 2-6 6-14 8-22 6z", green) + path("M50 62l10 5M44 76l9 4", "none", `stroke="${shade}" stroke-width="3" stroke-linecap="round"`),
    onion: (c) => path("M60 26c2 12 8 16 18 22 16 10 16 38-6 46-8 3-16 3-24 0-22-8-22-36-6-46 10-6 16-10 18-22z", c) + path("M60 44c-10 14-12 34-4 50M60 44c10 14 12 34 4 50", "none", `stroke="${shade}" stroke-width="3"`),
    carton: (c) => path("M40 44l8-18h24l8 18v56H40z", paper) + path("M40 44l8-18h24l8 18z", c) + box(40, 60, 40, 24, 0, c) + box(48, 20, 24, 8, 2, shade) + ellipse(60, 72, 8, 8, paper),
    cup: (c) => path("M36 44h48l-7 54H43z", paper) + path("M39 62h42l-3 22H42z", c) + box(32, 36, 56, 9, 4, c) + box(32, 36, 56, 4, 2, light),
    tub: (c) => path("M30 52h60l-6 42H36z", paper) + path("M32 64h56l-3 18H35z", c) + box(26, 42, 68, 11, 5, c) + box(26, 42, 68, 5, 2, light),
    bag: (c) => path("M36 28h48l-3 8 5 56-4 6H38l-4-6 5-56z", c) + path("M36 28h48l-3 8H39z", shade) + ellipse(60, 66, 17, 17, paper) + path("M50 66a10 10 0 0 1 20 0", "none", `stroke="${c}" stroke-width="4" stroke-linecap="round"`),
    cheese: () => path("M26 72l52-34 18 20v14z", "#f6cf57") + path("M26 72h70v20H26z", "#eab93a") + ellipse(50, 82, 5, 4, shade) + ellipse(76, 80, 6, 5, shade) + ellipse(72, 58, 4, 3, shade),
    eggs: () => [[42, 58], [60, 54], [78, 58]].map(([x, y]) => path(`M${x} ${y - 20}c9 0 14 14 14 22s-6 14-14 14-14-6-14-14 5-22 14-22z`, "#f3e2c7")).join("") + path("M24 68h72l-6 26H30z", "#9aa5b1") + path("M24 68h72l-2 6H26z", shade),
    brick: (c) => path("M26 56l16-14h52l-14 14z", light) + path("M26 56l16-14h52l-14 14z", c, 'opacity=".6"') + box(26, 56, 54, 32, 2, c) + path("M80 56l14-14v30L80 88z", c) + path("M80 56l14-14v30L80 88z", shade) + box(34, 66, 38, 12, 3, paper),
    loaf: () => path("M28 58c-8-18 14-26 32-26s40 8 32 26v34H28z", "#d9a35b") + path("M36 60c-6-14 10-20 24-20s30 6 24 20v24H36z", "#f3dcb3") + path("M46 50l8 8M60 46l8 8", "none", `stroke="${shade}" stroke-width="3" stroke-linecap="round"`),
    bun: () => path("M26 64c0-22 16-30 34-30s34 8 34 30z", "#dba35c") + box(26, 66, 68, 8, 4, "#f3dcb3") + path("M26 76h68c0 12-8 16-14 16H40c-6 0-14-4-14-16z", "#d0934a") + [[46, 48], [60, 42], [74, 48], [54, 54], [68, 55]].map(([x, y]) => ellipse(x, y, 2.6, 1.6, paper)).join(""),
    donut: (c) => ellipse(60, 64, 34, 32, "#dba35c") + ellipse(60, 60, 32, 27, c) + ellipse(60, 62, 11, 10, "var(--tile)") + [[42, 50], [58, 40], [78, 50], [44, 72], [76, 72]].map(([x, y], i) => box(x, y, 8, 3, 1.5, paper, `transform="rotate(${i * 40} ${x} ${y})"`)).join(""),
    steak: () => path("M28 66c-4-24 18-34 38-30 24 4 34 22 26 40-6 14-22 14-34 12-14-2-27-6-30-22z", "#b8404f") + path("M28 66c-4-24 18-34 38-30 24 4 34 22 26 40-6 14-22 14-34 12-14-2-27-6-30-22z", "none", 'stroke="#f3d9cf" stroke-width="6"') + ellipse(70, 58, 9, 7, "#f3d9cf") + ellipse(70, 58, 4, 3, "#b8404f"),
    tray: (c) => path("M24 50h72l-8 44H32z", "#e8ecef") + path("M32 56h56l-6 30H38z", c) + path("M40 66c12-8 26 8 40-2M42 76c12-8 24 8 36-2", "none", `stroke="${light}" stroke-width="4" stroke-linecap="round"`) + path("M24 50h72l-2 8H26z", shade),
    tin: (c) => box(36, 40, 48, 52, 4, c) + ellipse(60, 92, 24, 7, c) + ellipse(60, 40, 24, 7, "#d5dbe0") + ellipse(60, 40, 17, 4.5, "#b9c2c9") + path("M36 54c14 6 34 6 48 0v26c-14 6-34 6-48 0z", paper) + ellipse(60, 69, 9, 9, c),
    fish: () => path("M22 64c14-24 42-28 60-8l18-14-4 22 4 22-18-14c-18 20-46 16-60-8z", "#7fa8c9") + ellipse(40, 60, 3.4, 3.4, "#fff") + ellipse(40, 60, 1.6, 1.6, "#223") + path("M54 50c6 8 6 20 0 28", "none", `stroke="${shade}" stroke-width="3"`),
    box: (c) => box(36, 28, 42, 68, 3, c) + path("M78 31l10 5v56l-10 4z", c) + path("M78 31l10 5v56l-10 4z", shade) + box(42, 36, 30, 12, 3, paper) + ellipse(57, 70, 14, 14, paper) + path("M46 72c6 8 16 8 22 0z", c),
    jar: (c) => path("M38 44h44c6 4 8 8 8 14v30c0 6-4 10-10 10H40c-6 0-10-4-10-10V58c0-6 2-10 8-14z", c) + box(38, 28, 44, 15, 4, "#8f7a5c") + box(34, 60, 52, 24, 3, paper) + path("M36 52c0-4 2-5 4-6v8z", light),
    bottle: (c) => path("M52 22h16v18c0 8 12 12 12 26v26c0 4-3 6-6 6H46c-3 0-6-2-6-6V66c0-14 12-18 12-26z", c) + box(50, 16, 20, 10, 3, shade) + box(40, 66, 40, 20, 0, paper) + path("M46 62c0-8 5-12 8-16v12z", light),
    pizza: () => path("M60 100L26 40c20-14 48-14 68 0z", "#f0c25b") + path("M26 40c20-14 48-14 68 0l-3 6c-18-12-44-12-62 0z", "#c98a3b") + [[50, 54], [70, 54], [60, 72]].map(([x, y]) => ellipse(x, y, 6.5, 6, "#b8404f")).join(""),
    can: (c) => box(40, 34, 40, 62, 8, c) + box(44, 28, 32, 8, 3, "#d5dbe0") + box(44, 94, 32, 5, 2, "#b9c2c9") + path("M40 52h40v24H40z", light) + path("M48 70c6-10 18 2 24-10", "none", `stroke="${c}" stroke-width="5" stroke-linecap="round"`),
    roll: (c) => box(40, 36, 46, 56, 2, "#f4f6f8") + ellipse(40, 64, 14, 28, "#e3e8ec") + ellipse(40, 64, 5, 10, "#b79f7d") + path("M86 36v56h8V46c-2-2 0-8-8-10z", "#f4f6f8") + path("M52 50h26M52 64h26M52 78h26", "none", `stroke="${c}" stroke-width="2.5" stroke-dasharray="3 6" stroke-linecap="round"`),
  };
  return (kind, colour, label) => {
    const draw = shapes[kind] ?? shapes.box;
    return `<svg class="art" viewBox="0 0 120 120" role="img" aria-label="${label}">${ellipse(60, 101, 34, 5, "rgba(0,0,0,.07)")}${draw(colour)}</svg>`;
  };
})();
