// A burst from @segment/analytics-node: node burst.mjs <folder of node_modules> <host> <write key> <events a second> <seconds>
import { createRequire } from 'node:module'

const [folder, host, writeKey, rate, seconds] = process.argv.slice(2)
const { Analytics } = createRequire(`${folder}/`)('@segment/analytics-node')
const analytics = new Analytics({ writeKey, host, flushAt: 100, flushInterval: 1000, maxRetries: 1000 })
analytics.on('error', (error) => console.error(JSON.stringify(error)))

const began = Date.now()
let sent = 0
while (sent < rate * seconds) {
  const due = Math.min(rate * seconds, Math.floor((rate * (Date.now() - began)) / 1000))
  for (; sent < due; sent++) analytics.track({ userId: `u-${sent % 500}`, event: 'Burst', properties: { n: sent }, messageId: `node-${sent}` })
  await new Promise((resolve) => setTimeout(resolve, 20))
}
await analytics.closeAndFlush({ timeout: 600_000 })
