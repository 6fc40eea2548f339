// A stand-in for the Resa server, for looking at pages while building them: invented people, answers in the shapes of
// the API, nothing kept. Development only: it is not part of the build. `npm run build && npm run fixture`, then open
// http://127.0.0.1:4173/app/ and sign in with anything.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { answer, stream } from "./fixture.mjs";

const dist = fileURLToPath(new URL("../../src/resa/console/dist", import.meta.url));
const port = Number(process.env.PORT ?? 4173);
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

// As strict as the console can bear: no inline script, no inline style element or attribute.
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

async function file(path, response) {
  const wanted = normalize(path.replace(/^\/app\/?/, "")) || "index.html";
  for (const name of [wanted, "index.html"]) {
    try {
      const body = await readFile(join(dist, name));
      response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": POLICY });
      return response.end(body);
    } catch {
      // Any other path under /app/ is the console's own: it gets the page.
    }
  }
  response.writeHead(404).end();
}

createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/") return response.writeHead(302, { location: "/app/" }).end();
  if (url.pathname.startsWith("/app")) return file(url.pathname, response);
  if (url.pathname === "/api/live/stream") {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    return stream(response);
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    // A form with a file: its content does not matter here.
  }
  const { status = 200, json } = answer(request.method ?? "GET", url, body, request.headers);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(json === undefined ? "" : JSON.stringify(json));
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/app/`));
