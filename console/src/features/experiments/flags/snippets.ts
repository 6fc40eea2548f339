/** Code to copy: how a program asks for a flag, with the workspace's own address and key. */
export interface FlagSnippet {
  id: string;
  name: string;
  code: (host: string, key: string, flag: string, value: string) => string;
}

export const FLAG_SNIPPETS: FlagSnippet[] = [
  {
    id: "resa",
    name: "Resa",
    code: (_host, _key, flag, value) => `const flags = await resa.flags();
const value = flags.value("${flag}", ${value});`,
  },
  {
    id: "growthbook",
    name: "GrowthBook",
    code: (host, key, flag, value) => `import { GrowthBook } from "@growthbook/growthbook";

const growthbook = new GrowthBook({
  apiHost: "${host}",
  clientKey: "${key}",
  attributes: { id: "the-anonymous-id" },
});
await growthbook.init();
const value = growthbook.getFeatureValue("${flag}", ${value});`,
  },
  {
    id: "openfeature",
    name: "OpenFeature",
    code: (host, key, flag, value) => `import { OpenFeature } from "@openfeature/server-sdk";
import { OFREPProvider } from "@openfeature/ofrep-provider";

await OpenFeature.setProviderAndWait(
  new OFREPProvider({ baseUrl: "${host}", headers: [["Authorization", "Bearer ${key}"]] }),
);
const client = OpenFeature.getClient();
const value = await client.${value === "true" || value === "false" ? "getBooleanValue" : /^-?[\d.]+$/.test(value) ? "getNumberValue" : value.startsWith('"') ? "getStringValue" : "getObjectValue"}("${flag}", ${value}, { targetingKey: "the-anonymous-id" });`,
  },
  {
    id: "curl",
    name: "curl",
    code: (host, key, flag) => `curl -H 'X-API-Key: ${key}' ${host}/ofrep/v1/evaluate/flags/${flag} \\
  -H 'Content-Type: application/json' -d '{"context": {"targetingKey": "the-anonymous-id"}}'`,
  },
];
