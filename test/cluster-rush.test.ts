import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type RedisCluster, startRedisCluster } from '../src/chaos/redis-cluster.ts'
import { createLog } from '../src/platform/log.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { openRedisLive } from '../src/platform/redis-live.ts'
import { hasRedisServer } from '../src/platform/testing-redis.ts'
import { onCluster, type Running } from './topology.ts'
import { must } from './system.ts'

const skip = onCluster.skip || (!hasRedisServer && 'NOT TESTED: there is no redis-server to kill')
const options = { skip, timeout: 150_000 }
const pollMs = 50
let cluster: RedisCluster
let shop: Running

before(async () => {
  if (skip) return
  cluster = await startRedisCluster()
  shop = await onCluster.open(cluster.url)
})
after(async () => {
  await shop?.close()
  await cluster?.close()
})

/** Kills every node that is a master now, one after the other; one of them has the line. */
async function killEachMaster(afterEach = async (_port: number) => {}) {
  for (const port of await cluster.masters()) {
    await cluster.kill(port)
    await afterEach(port)
    await cluster.restart(port)
  }
}

test('every master of the Cluster is killed in a rush through two gateways: nobody loses a place, a seat or money, and the copies count again', options, async () => {
  const crowd = shop.rush('--fans', '150', '--seats', '80', '--seconds', '8')
  await crowd.selling
  await killEachMaster()
  const { report, status, stderr } = await crowd.ended
  const { sold, paid, soldTwice, unexpected, lost, violations } = report
  assert.deepEqual({ sold, paid, soldTwice, unexpected, lost, violations, status }, { sold: 80, paid: 80, soldTwice: 0, unexpected: 0, lost: { places: 0, holds: 0, payments: 0 }, violations: [], status: 0 }, stderr.slice(-2_000))

  const showId = await shop.onSale({ rows: 1, seats: 2 })
  const waiting = await shop.fans(30, 0)
  for (const { token } of waiting) await must(shop.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
  const order = await shop.eventually(() => shop.send('GET', `/api/operations/shows/${showId}/line/order`, { token: shop.operator.token }), ({ body }) => body.copy?.hash === body.stored.hash)
  assert.deepEqual([order.body.copy?.keptIn, order.body.copy?.hash], ['redis', order.body.stored.hash])
  const positions = await Promise.all(waiting.map(async ({ token }) => (await shop.send('GET', `/api/shows/${showId}/queue/me`, { token })).body))
  const called = positions.filter(({ status: place }) => place === 'called').length
  assert.ok(called > 0 && called < waiting.length)
  for (const place of positions.filter(({ status: each }) => each === 'waiting')) assert.equal(place.position, place.number - called - 1)
})

test('news between two processes go on when the master of their channel is killed and a replica has taken over', options, async (t) => {
  const needs = { url: cluster.url, newId: randomUUID, metrics: createMetrics(), log: createLog('silent') }
  const [one, two] = [openRedisLive(needs), openRedisLive(needs)]
  t.after(() => {
    one.close()
    two.close()
  })
  const heard = new Set<string>()
  const hearsAgain = async (name: string) => {
    while (!heard.has(name)) {
      t.signal.throwIfAborted()
      one.publish('line:{channel}', name)
      await wait(pollMs)
    }
  }
  two.subscribe('line:{channel}', (text) => void heard.add(text))
  await hearsAgain('before')
  await killEachMaster((port) => hearsAgain(`after ${port}`))
})
