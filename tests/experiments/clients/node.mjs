// Drives npm's flag clients by their public options: node node.mjs <folder of node_modules> <host> <write key> <write key of encrypted flags> <their key>
import { createRequire } from 'node:module'

const [folder, host, key, sealedKey, decryptionKey] = process.argv.slice(2)
const require = createRequire(`${folder}/`)
const { GrowthBook, setPolyfills } = require('@growthbook/growthbook')
const { OpenFeature } = require('@openfeature/server-sdk')
const { OFREPProvider } = require('@openfeature/ofrep-provider')
const found = { growthbook: {}, contexts: [], encrypted: [], remote: {}, openfeature: {} }
setPolyfills({ fetch: globalThis.fetch })

for (let number = 0; number < 20; number += 1) {
  const told = []
  const client = new GrowthBook({
    apiHost: host,
    clientKey: key,
    attributes: { id: `device-${number}` },
    trackingCallback: (experiment, result) => told.push([experiment.key, result.key]),
  })
  await client.init({ timeout: 10_000, skipCache: true })
  found.growthbook[`device-${number}`] = { value: client.getFeatureValue('form', 'missing'), told }
  client.destroy()
}

for (const deviceType of ['mobile', 'desktop']) {
  for (let number = 0; number < 40; number += 1) {
    const client = new GrowthBook({ apiHost: host, clientKey: key, attributes: { id: `device-${number}`, deviceType } })
    await client.init({ timeout: 10_000, skipCache: true })
    const { key: variation, leafId, variationWeights, banditVersion } = client.evalFeature('leafy').experimentResult
    found.contexts.push([`device-${number}`, deviceType, variation, leafId, variationWeights, banditVersion])
    client.destroy()
  }
}

for (const given of [decryptionKey, 'AAAAAAAAAAAAAAAAAAAAAA==']) {
  const client = new GrowthBook({ apiHost: host, clientKey: sealedKey, decryptionKey: given, attributes: { id: 'device-3', deviceType: 'mobile' } })
  await client.init({ timeout: 10_000, skipCache: true })
  const leaf = client.evalFeature('leafy').experimentResult?.leafId ?? null
  found.encrypted.push([client.getFeatureValue('form', 'missing'), leaf, client.getExperiments().map((each) => each.key)])
  client.destroy()
}

const remote = new GrowthBook({
  apiHost: host,
  clientKey: key,
  remoteEval: true,
  attributes: { id: 'device-3', plan: 'gold' },
  trackingCallback: (experiment, result) => {
    found.remote.told = [experiment.key, result.key]
  },
})
await remote.init({ timeout: 10_000, skipCache: true })
found.remote.discount = remote.getFeatureValue('discount', 0)
found.remote.form = remote.getFeatureValue('form', 'missing')
remote.destroy()

await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: host, headers: [['Authorization', `Bearer ${key}`]] }))
const flags = OpenFeature.getClient()
const context = { targetingKey: 'device-3', plan: 'gold' }
found.openfeature.form = await flags.getStringDetails('form', 'missing', context)
found.openfeature.discount = await flags.getNumberDetails('discount', 0, context)
found.openfeature.plain = await flags.getBooleanDetails('plain', false, context)
found.openfeature.gone = await flags.getBooleanDetails('gone', true, context)
await OpenFeature.close()
console.log(JSON.stringify(found))
process.exit(0)
