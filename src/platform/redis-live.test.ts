import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { heardBy, liveContract, sharedLiveContract, until } from './live.contract.ts'
import type { Live } from './live.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { openRedisLive } from './redis-live.ts'
import { hasRedisServer, onEachRedis, startTestRedis } from './testing-redis.ts'

const opened: Live[] = []
const quiet = { newId: randomUUID, log: createLog('silent'), metrics: createMetrics() }
const open = (url: string, prefix: string, metrics = quiet.metrics) => {
  const live = openRedisLive({ ...quiet, url, prefix, metrics })
  opened.push(live)
  return live
}
after(() => {
  for (const live of opened) live.close()
})

onEachRedis('carries live news', (engine, url) => {
  const prefix = randomUUID()
  liveContract(engine, () => open(url, prefix))
  sharedLiveContract(engine, async () => open(url, prefix))
  test(`${engine}: prefixes keep systems on one server apart`, async () => {
    const [ours, theirs] = [open(url, prefix), open(url, randomUUID())]
    const [mine, other]: [string[], string[]] = [[], []]
    ours.subscribe('c', (text) => void mine.push(text))
    theirs.subscribe('c', (text) => void other.push(text))
    await heardBy(open(url, prefix), 'c', 'x', mine)
    assert.deepEqual(other, [])
  })

  test(`${engine}: news that nobody of ours wrote takes none with it that comes in the same packet`, async () => {
    const heard: string[] = []
    open(url, prefix).subscribe('read', (text) => void heard.push(JSON.stringify(JSON.parse(text))))
    const one = open(url, prefix)
    await heardBy(one, 'read', '"before"', heard)
    const told = Array.from({ length: 50 }, (_, i) => `${i}`)
    for (const text of ['no json', ...told]) one.publish('read', text)
    await until(() => heard.includes('49'), 'the last one')
    assert.deepEqual(heard.filter((text) => text !== '"before"'), told)
  })

  test(`${engine}: closed at any moment, it leaves no connection open that would keep a process from its end`, async () => {
    const openNow = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    const before = openNow()
    for (let i = 0; i < 20; i++) {
      const live = openRedisLive({ ...quiet, url, prefix })
      await wait(i % 7) // somewhere between nothing and all of its connections
      live.close()
    }
    await until(() => openNow() <= before, 'all are closed')
  })
})

const ownServer = { skip: hasRedisServer || process.env.CI === 'true' ? false : 'NOT TESTED: there is no redis-server to kill', timeout: 40_000 }

test('Redis killed: each process goes on hearing itself, what others tell is lost and counted, and comes through again', ownServer, async () => {
  const server = await startTestRedis()
  const metrics = createMetrics()
  try {
    const [one, two] = [open(server.url, 'k', metrics), open(server.url, 'k')]
    const [own, far]: [string[], string[]] = [[], []]
    one.subscribe('c', (text) => void own.push(text))
    two.subscribe('c', (text) => void far.push(text))
    await heardBy(one, 'c', 'before', far)
    await server.kill()
    await untilAway(one, metrics)
    const said = own.length
    one.publish('c', 'alone')
    assert.deepEqual(own.slice(said), ['alone'])
    await server.restart()
    await heardBy(one, 'c', 'after', far)
    assert.ok(!far.includes('alone'))
  } finally {
    await server.close()
  }
})

test('Redis not there at the start: who listens then hears the others as soon as it is', ownServer, async () => {
  const server = await startTestRedis()
  await server.kill()
  try {
    const [one, two] = [open(server.url, 's'), open(server.url, 's')]
    const heard: string[] = []
    two.subscribe('c', (text) => void heard.push(text))
    await server.restart()
    await heardBy(one, 'c', 'there', heard)
  } finally {
    await server.close()
  }
})

async function untilAway(live: Live, { registry }: typeof quiet.metrics) {
  let lost = 0
  await until(() => {
    live.publish('c', 'lost?')
    void registry.metrics().then((text) => {
      lost = Number(/openrun_live_lost_total (\d+)/.exec(text)?.[1] ?? 0)
    })
    return lost > 0
  }, 'a loss is counted')
}
