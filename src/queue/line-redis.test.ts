import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type Redis, scriptOf } from '../platform/redis.ts'
import { onEachRedis, openTestRedis } from '../platform/testing-redis.ts'
import { copyOf, lineContract, someLine } from './line.contract.ts'
import { createRedisLines } from './line-redis.ts'
import { orderHash } from './line-copy.ts'
import { arrivalOrder } from './order.ts'

/** Redis is not called away because this machine is busy. */
const patient = { newId: randomUUID, timeoutMs: 10_000 }
const opened: Redis[] = []
after(() => {
  for (const redis of opened) redis.close()
})
const open = async (url: string) => {
  const redis = await openTestRedis(url)
  opened.push(redis)
  return redis
}

onEachRedis('keeps copies of lines', suites)

const nothingNew = (last: number, eventId: number) => ({ from: { last, eventId }, to: { last, eventId }, users: Buffer.alloc(0), gone: [] })

function suites(engine: string, url: string) {
  const prefix = randomUUID()
  lineContract(engine, async () => createRedisLines({ redis: await open(url), prefix, ...patient }))

  /** Two processes on one Redis, and their keys. */
  async function two() {
    const redis = await open(url)
    const line = someLine()
    const keysNow = async (pattern = '*') => (await redis.run(scriptOf("return redis.call('keys', ARGV[1])"), [`${prefix}:line:{${line.showId}}`], [`${prefix}:line:{${line.showId}}*${pattern}`])) as string[]
    const tell = (command: string, key: string) => redis.run(scriptOf(`return redis.call('${command}', KEYS[1])`), [key], [])
    return { line, one: createRedisLines({ redis, prefix, ...patient }), other: createRedisLines({ redis: await open(url), prefix, ...patient }), keysNow, tell }
  }

  test(`${engine}: what one process tells, another counts; who knows less does not set it back`, async () => {
    const { line, one, other } = await two()
    await one.replace(line, copyOf(3))
    assert.deepEqual(await other.markOf(line), { last: 3, eventId: 0 })
    const news = { ...nothingNew(3, 0), to: { last: 3, eventId: 2 }, gone: [1, 2] }
    assert.deepEqual(await one.ahead(line, news, [4]), [1])
    assert.deepEqual(await other.ahead(line, nothingNew(3, 0), [4]), [1])
    assert.deepEqual(await other.markOf(line), { last: 3, eventId: 2 })
  })

  test(`${engine}: a copy that lost a key counts nothing, is forgotten and made again`, async () => {
    for (const part of [':users', ':gone', '']) {
      const { line, one, keysNow, tell } = await two()
      const copy = copyOf(20, [4])
      await one.replace(line, copy)
      const key = (await keysNow(part)).find((name) => name.endsWith(part === '' ? line.windowId : part))
      assert(key)
      await tell('del', key)
      assert.equal(await one.ahead(line, nothingNew(20, 1), [20]), undefined, part)
      assert.equal(await one.markOf(line), undefined, part)
      assert.equal(await one.replace(line, copy), true, part)
      assert.deepEqual(await one.ahead(line, nothingNew(20, 1), [20]), [18], part)
    }
  })

  test(`${engine}: who remembers a generation that is gone counts by the new one, or by none`, async () => {
    const { line, one, other, keysNow, tell } = await two()
    await one.replace(line, copyOf(10))
    assert.deepEqual(await other.markOf(line), { last: 10, eventId: 0 })
    for (const key of await keysNow()) await tell('del', key)
    await one.replace(line, copyOf(10, [1, 2]))
    assert.equal(await other.ahead(line, nothingNew(10, 0), [10]), undefined)
    assert.deepEqual(await other.markOf(line), { last: 10, eventId: 2 })
    assert.deepEqual(await other.ahead(line, nothingNew(10, 2), [10]), [7])
  })

  test(`${engine}: every key ends by itself, the old generation within a minute; nothing is left of who lost`, async () => {
    const { line, one, other, keysNow, tell } = await two()
    await one.replace(line, copyOf(100))
    await Promise.all([one, other, one].map((lines) => lines.replace({ ...line, orderKey: 'drawn', epoch: 2 }, copyOf(100))))
    const lasting = await Promise.all((await keysNow()).map(async (key) => Number(await tell('pttl', key))))
    assert.equal(lasting.length, 5)
    assert.equal(lasting.filter((ms) => ms > 0 && ms <= 60_000).length, 2)
    assert.equal(lasting.filter((ms) => ms > 60_000 && ms <= 86_400_000).length, 3)
  })

  test(`${engine}: a copy is read whole or not at all`, async () => {
    const { line, one, other } = await two()
    const copy = copyOf(150_000, [5])
    await one.replace(line, copy)
    const [read] = await Promise.all([
      other.read(line),
      one.ahead(line, { ...nothingNew(150_000, 1), to: { last: 150_000, eventId: 2 }, gone: [6] }, []),
    ])
    const hashes = await Promise.all([copy, copyOf(150_000, [5, 6], Buffer.from(copy.bytes().users))].map((each) => orderHash(each, arrivalOrder)))
    assert(read === undefined || hashes.map(({ hash }) => hash).includes((await orderHash(read, arrivalOrder)).hash))
  })
}
