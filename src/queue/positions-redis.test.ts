import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type Redis, scriptOf } from '../platform/redis.ts'
import { hasRedisServer, openTestRedis, startTestRedis, type TestRedis } from '../platform/testing-redis.ts'
import { createRedisLines } from './line-redis.ts'
import { type Ground, minute, openGround, someone, verified, type Who } from './testing.ts'

const options = { skip: hasRedisServer || process.env.CI === 'true' ? false : 'NOT TESTED: there is no redis-server to do harm to', timeout: 60_000 }
const awayPauseMs = 1_000
/** Redis is not called away because this machine is busy. */
const patient = { newId: randomUUID, timeoutMs: 10_000 }
let server: TestRedis
let redis: Redis
let ground: Ground
before(async () => {
  if (options.skip) return
  server = await startTestRedis()
  redis = await openTestRedis(server.url)
  ground = await openGround({ capDefault: 2, lines: createRedisLines({ redis, ...patient }) })
})
after(async () => {
  await ground?.close()
  redis?.close()
  await server?.close()
})

const countedBy = async (source: string) => Number(new RegExp(`openrun_line_positions_total\\{source="${source}"\\} (\\d+)`).exec(await ground.metrics.registry.metrics())?.[1] ?? 0)
/** Who counted a position that was asked. */
async function source(ask: () => Promise<unknown>): Promise<'redis' | 'sql'> {
  const before = await countedBy('redis')
  await ask()
  return (await countedBy('redis')) > before ? 'redis' : 'sql'
}
/** A line of which two are inside, and whose copy counts. */
async function line(count = 40) {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, count)
  await Promise.all(fans.slice(0, 2).map((fan) => ground.queue.pass(verified(fan))))
  await ground.queue.leave(fans[count / 2] as Who)
  await ground.run('queue.copies')
  const last = fans.at(-1) as Who
  assert.equal(await source(() => ground.queue.position(last)), 'redis')
  return { showId, inside: fans[0] as Who, last, hash: (await ground.queue.order({ showId })).stored.hash }
}
/** Asks once a pause, as a crowd does, until a copy counts again. */
async function recovered(fan: Who, { signal }: TestContext, queue = ground.queue) {
  while ((await source(() => queue.position(fan))) !== 'redis') {
    signal.throwIfAborted()
    ground.clock.now += awayPauseMs
    await turn()
  }
}
const positionOf = async (fan: Who, queue = ground.queue) => (await queue.position(fan)).position
const sameOrder = async (showId: string, hash: string) => {
  const { stored, copy } = await ground.queue.order({ showId })
  assert.deepEqual([stored.hash, copy?.hash, copy?.keptIn], [hash, hash, 'redis'])
}

test('Redis is killed: positions, joins, passes and calls go on, from SQL; when it is back its copy has the same order', options, async (t) => {
  const { showId, inside, last, hash } = await line()
  await server.kill()
  assert.equal(await positionOf(last), 36)
  assert.equal(await source(() => ground.queue.position(last)), 'sql')
  assert((await ground.queue.pass(verified(inside))).renewed)
  assert.equal((await ground.queue.order({ showId })).copy, null)
  await server.restart()
  await recovered(last, t)
  await sameOrder(showId, hash)
  assert.deepEqual(await ground.violations(), [])
})

test('what happens while Redis is away is in its copy when it is back', options, async (t) => {
  const { showId, inside, last } = await line()
  const { queue, run } = ground.another({ lines: createRedisLines({ redis, newId: randomUUID, timeoutMs: 1_000 }) })
  await recovered(last, t, queue)
  server.freeze()
  const late = someone(showId)
  assert.equal((await queue.join(late)).place.position, 37, 'a join waited for a server that stands still')
  await queue.leave(inside)
  await run('queue.endings')
  assert.deepEqual([await positionOf(last, queue), await positionOf(late, queue)], [35, 36])
  server.thaw()
  await recovered(last, t, queue)
  assert.deepEqual([await positionOf(last, queue), await positionOf(late, queue)], [35, 36])
  const { stored, copy } = await ground.queue.order({ showId })
  assert.equal(copy?.hash, stored.hash)
})

test('after FLUSHALL positions are the same, and of two processes that make the copy again one does', options, async (t) => {
  const { showId, last, hash } = await line()
  await redis.run(scriptOf("return redis.call('flushall')"), [], [])
  assert.equal(await positionOf(last), 36)
  const other = ground.another({ lines: createRedisLines({ redis, ...patient }) })
  await Promise.all([ground.run('queue.copies'), other.run('queue.copies')])
  await recovered(last, t)
  await sameOrder(showId, hash)
  const keys = (await redis.run(scriptOf("return redis.call('keys', ARGV[1])"), [], [`*{${showId}}*`])) as string[]
  assert.equal(keys.length, 3, `one generation: ${keys.join(' ')}`)
})

test('a turn passes and is called on without Redis, and no pass is worth less', options, async (t) => {
  const { showId, inside, last } = await line(10)
  const { pass } = await ground.queue.pass(verified(inside))
  await server.kill()
  await ground.pass(10 * minute + 500)
  const next = (await ground.statuses(showId)).filter((status) => status === 'called').length
  assert.equal(next, 2, 'slots of passes that ran out went on')
  assert('claims' in ground.passes.verify(pass, ground.clock.now - 11 * minute))
  await server.restart()
  await recovered(last, t)
  const { stored, copy } = await ground.queue.order({ showId })
  assert.equal(copy?.hash, stored.hash)
})
