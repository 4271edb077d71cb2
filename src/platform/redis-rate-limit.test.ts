import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { rateLimitContract, sharedRateLimitContract } from './rate-limit.contract.ts'
import type { Budget } from './rate-limit.ts'
import { type Redis, scriptOf } from './redis.ts'
import { awayPauseMs, createRedisRateLimit } from './redis-rate-limit.ts'
import { hasRedisServer, onEachRedis, openTestRedis, startTestRedis, type TestRedis } from './testing-redis.ts'

/** Redis is not called away because this machine is busy. */
const patient = { timeoutMs: 10_000 }
const quiet = { ...patient, metrics: createMetrics(), log: createLog('silent') }
const uncheckedOf = async ({ registry }: Metrics) => Number(/openrun_rate_unchecked_total (\d+)/.exec(await registry.metrics())?.[1])
const opened: Redis[] = []
const servers: TestRedis[] = []
after(async () => {
  for (const redis of opened) redis.close()
  for (const server of servers) await server.close()
})
const open = async (url: string) => {
  const redis = await openTestRedis(url)
  opened.push(redis)
  return redis
}

onEachRedis('keeps rate limits', suites)

function suites(engine: string, url: string) {
  rateLimitContract(engine, async (budgets) => createRedisRateLimit({ redis: await open(url), budgets, prefix: randomUUID(), ...quiet }))
  sharedRateLimitContract(engine, async (budgets) => {
    const prefix = randomUUID()
    return async () => createRedisRateLimit({ redis: await open(url), budgets, prefix, ...quiet })
  })
  test(`${engine}: nothing of all this passed unchecked`, async () => {
    assert.equal(await uncheckedOf(quiet.metrics), 0)
  })
}

const ownServer = { skip: hasRedisServer || process.env.CI === 'true' ? false : 'NOT TESTED: there is no redis-server to kill', timeout: 30_000 }
const startedAt = Date.parse('2027-03-01T11:00:00Z')
/** one, and then none for years: whatever passes again was not checked or was forgotten */
const once = { once: { perSecond: 1e-9, burst: 1 } }

/** A server to do harm to, a limit on it, what it logs and counts. */
async function victim({ budgets = once, ...options }: { budgets?: Record<string, Budget>; timeoutMs?: number } = patient) {
  const server = await startTestRedis()
  servers.push(server)
  const lines: string[] = []
  const metrics = createMetrics()
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const redis = await open(server.url)
  const limit = createRedisRateLimit({ redis, budgets, metrics, log, ...options })
  /** Tries once a pause, as a stream of requests does, until the limit holds again. */
  const recovered = async (key: string, from: number, { signal }: TestContext) => {
    for (let now = from; ; now += awayPauseMs) {
      signal.throwIfAborted()
      if ((await limit.take('once', key, now)) > 0) return now
      await turn()
    }
  }
  return { server, redis, limit, lines, uncheckedCount: () => uncheckedOf(metrics), recovered }
}

test('Redis is killed: everything passes, is counted and is said once; when it is back limits hold again by themselves', ownServer, async (t) => {
  const { server, limit, lines, uncheckedCount, recovered } = await victim()
  assert.equal(await limit.take('once', 'fan', startedAt), 0)
  assert.ok((await limit.take('once', 'fan', startedAt)) > 0)
  await server.kill()
  for (let i = 0; i < 20; i++) assert.equal(await limit.take('once', 'fan', startedAt + i * 500), 0)
  assert.equal(await uncheckedCount(), 20)
  assert.equal(lines.length, 1)
  assert.match(String(lines[0]), /Redis is away/)
  await server.restart()
  await recovered('fan', startedAt + 60_000, t)
  assert.equal(lines.length, 2)
  assert.match(String(lines[1]), /answers again/)
})

test('takes that are under way when Redis is killed pass, every one', ownServer, async () => {
  const { server, limit, uncheckedCount } = await victim()
  server.freeze()
  const underWay = Array.from({ length: 50 }, (_, i) => limit.take('once', `fan ${i}`, startedAt))
  await server.kill()
  assert.deepEqual(new Set(await Promise.all(underWay)), new Set([0]))
  assert.equal(await uncheckedCount(), 50)
})

test('Redis is frozen: a take is not waited for, the next one does not ask; thawed, limits hold again', ownServer, async (t) => {
  const { server, limit, uncheckedCount, recovered } = await victim({})
  await limit.take('once', 'fan', startedAt)
  const before = await uncheckedCount()
  server.freeze()
  assert.equal(await limit.take('once', 'fan', startedAt), 0)
  assert.equal(limit.take('once', 'fan', startedAt + awayPauseMs - 1), 0, 'it asked a server that had just not answered')
  assert.equal((await uncheckedCount()) - before, 2)
  server.thaw()
  await recovered('fan', startedAt + awayPauseMs, t)
})

test('a clock that is set back while Redis is away does not make the pause longer', ownServer, async () => {
  const { server, limit } = await victim()
  await server.kill()
  await limit.take('once', 'fan', startedAt)
  assert.equal(limit.take('once', 'fan', startedAt), 0, 'the pause')
  assert.ok(limit.take('once', 'fan', startedAt - 3_600_000) instanceof Promise, 'it did not try')
})

test('after FLUSHALL buckets begin full', ownServer, async () => {
  const { redis, limit, uncheckedCount } = await victim()
  await limit.take('once', 'fan', startedAt)
  await redis.run(scriptOf("return redis.call('flushall')"), [], [])
  assert.equal(await limit.take('once', 'fan', startedAt), 0)
  assert.ok((await limit.take('once', 'fan', startedAt)) > 0)
  assert.equal(await uncheckedCount(), 0)
})

test('takes of one turn reach Redis in few writes, and each key ends by itself', ownServer, async () => {
  const { redis, limit } = await victim({ budgets: { few: { perSecond: 10, burst: 5 } }, ...patient })
  await limit.take('few', 'first', startedAt)
  const reads = async () => Number(/total_reads_processed:(\d+)/.exec(String(await redis.run(scriptOf("return redis.call('info', 'stats')"), [], [])))?.[1])
  const before = await reads()
  await Promise.all(Array.from({ length: 200 }, (_, i) => limit.take('few', `fan ${i}`, startedAt)))
  const written = (await reads()) - before
  assert.ok(written <= 10, `${written} reads for 200 takes`)
  const lasting = scriptOf("local count = 0 for _, key in ipairs(redis.call('keys', '*')) do if redis.call('pttl', key) < 0 or redis.call('pttl', key) > 20000 then count = count + 1 end end return count")
  assert.equal(await redis.run(lasting, [], []), 0)
})
