// Drives @segment/analytics-node by its public options: node node.mjs <folder of node_modules> <host> <write key>
import { createRequire } from 'node:module'

const [folder, host, writeKey] = process.argv.slice(2)
const { Analytics } = createRequire(`${folder}/`)('@segment/analytics-node')
const analytics = new Analytics({ writeKey, host, flushAt: 3, flushInterval: 200, maxRetries: 5 })
analytics.on('error', (error) => console.error(JSON.stringify(error)))

const userId = 'node-user'
analytics.identify({ userId, anonymousId: 'node-device', traits: { plan: 'gold' }, messageId: 'n-identify' })
analytics.track({ userId, event: 'Order Completed', properties: { order_id: 'o-1', revenue: 12.5, currency: 'EUR' }, messageId: 'n-order' })
analytics.track({ userId, event: 'Order Completed', properties: { order_id: 'o-1', revenue: 12.5, currency: 'EUR' }, messageId: 'n-order' })
analytics.page({ userId, name: 'Shoes', messageId: 'n-page' })
analytics.screen({ userId, name: 'Cart', messageId: 'n-screen' })
analytics.group({ userId, groupId: 'g-1', traits: { size: 9 }, messageId: 'n-group' })
analytics.alias({ userId, previousId: 'node-before', messageId: 'n-alias' })
analytics.track({ userId, event: 'Späte Bestellung', timestamp: new Date('2020-02-02T02:02:02Z') })
await analytics.closeAndFlush({ timeout: 20_000 })
