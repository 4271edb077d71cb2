import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Database, Tx } from './database.ts'
import { emit, type Envelope } from './events.ts'
import { deliveryAttemptsMax, type Subscriber } from './inbox.ts'
import { createMemoryBus } from './memory-bus.ts'
import { countParked, listParked, parkedListMax, replayAll, replayParked } from './parked.ts'
import { openTestDatabase } from './testing.ts'

let db: Database
let now = 1_800_000_000_000
/** `key version` of what cannot be applied at the moment */
const broken = new Set<string>()
const nameOf = ({ key, version }: { key: string; version: number }) => `${key} ${version}`
const hear = async (tx: Tx, events: Envelope[]) => {
  const bad = events.find((event) => broken.has(nameOf(event)))
  if (bad) throw new Error(`cannot apply ${nameOf(bad)}`)
  for (const { key, version } of events) await tx.rows(sql`insert into payment.heard (key, version) values (${key}, ${version})`)
}
const payment: Subscriber = { name: 'payment', on: { 'reservation.confirmed': hear } }
const busOn = (database: Database) => createMemoryBus({ db: database, producers: ['reservation'], subscribers: [payment], now: () => now, holder: 'one' })
const tell = (...events: [key: string, version: number][]) => db.transaction((tx) =>
  emit(tx, 'reservation', events.map(([key, version]) => ({ key, version, name: 'reservation.confirmed', occurredAt: now, data: {} }))))
const heardOf = async (key: string) => (await db.rows<{ version: number }>(sql`select version from payment.heard where key = ${key} order by n`)).map(({ version }) => version)
before(async () => {
  db = await openTestDatabase(['reservation', 'payment'])
  await db.rows(sql`create table payment.heard (n bigint generated always as identity, key text, version bigint)`)
})
beforeEach(async () => {
  broken.clear()
  await db.rows(sql`delete from payment.parked`)
})
after(() => db.close())

async function parked(key: string, count: number) {
  const relay = busOn(db)
  broken.add(`${key} 1`)
  await tell([key, 1])
  for (let i = 0; i < deliveryAttemptsMax; i++) await relay.publishOnce()
  for (let version = 2; version <= count; version++) await tell([key, version])
  await relay.publishOnce()
}

test('what is parked is listed, those who wait longest first, each key in order and with its reason', async () => {
  await parked('young', 1)
  now -= 60_000
  await parked('old', 3)
  now += 60_000
  const list = await listParked(db, ['payment', 'reservation'])
  assert.equal(list.count, 4)
  assert.deepEqual(list.parked.map(({ subscriber, producer, key, version, error, since }) => [subscriber, producer, key, version, error, since - now]), [
    ['payment', 'reservation', 'old', 1, 'Error: cannot apply old 1', -60_000],
    ['payment', 'reservation', 'old', 2, 'behind a parked message', -60_000],
    ['payment', 'reservation', 'old', 3, 'behind a parked message', -60_000],
    ['payment', 'reservation', 'young', 1, 'Error: cannot apply young 1', 0],
  ])
  assert.deepEqual([...(await countParked(db, ['payment', 'reservation']))], [['payment', 4], ['reservation', 0]])
  assert.ok(list.parked.length <= parkedListMax)
})

test('a replay applies a key in order up to what fails again, says both with the new reason, and keeps the rest', async () => {
  await parked('mended', 2)
  await parked('stuck', 4)
  broken.clear()
  broken.add('stuck 3')
  const { applied, failed } = await replayParked(db, payment)
  assert.deepEqual(applied.map(nameOf), ['mended 1', 'mended 2', 'stuck 1', 'stuck 2'])
  assert.deepEqual(failed.map((message) => [nameOf(message), message.error]), [['stuck 3', 'Error: cannot apply stuck 3']])
  const left = await listParked(db, ['payment'])
  assert.deepEqual(left.parked.map((message) => [nameOf(message), message.error]), [['stuck 3', 'Error: cannot apply stuck 3'], ['stuck 4', 'behind a parked message']])
  assert.deepEqual([await heardOf('mended'), await heardOf('stuck')], [[1, 2], [1, 2]])
})

test('one key or one subscriber is chosen; a subscriber nobody knows is refused', async () => {
  await parked('this', 1)
  await parked('that', 1)
  broken.clear()
  await assert.rejects(replayAll(db, [payment], { subscriber: 'paiment' }), { code: 'request_invalid' })
  assert.deepEqual((await replayAll(db, [payment], { key: 'this' })).applied.map(nameOf), ['this 1'])
  assert.deepEqual((await replayAll(db, [payment], { subscriber: 'payment' })).applied.map(nameOf), ['that 1'])
})

test('a message that comes while the last parked one of its key is replayed is neither lost behind it nor before it', async () => {
  await parked('busy', 1)
  broken.clear()
  await tell(['busy', 2])
  let due = true
  // the bus has seen the key parked when the replay takes its last message away
  const behind: Database = { ...db, rows: async (query) => {
    const rows = await db.rows(query)
    if (due && query.text.includes('.parked')) {
      due = false
      assert.equal((await replayParked(db, payment)).applied.length, 1)
    }
    return rows as never
  } }
  await busOn(behind).publishOnce()
  assert.equal(due, false)
  assert.deepEqual(await heardOf('busy'), [1, 2])
  assert.equal((await listParked(db, ['payment'])).count, 0)
})

test('messages, two relays and two replays at once: each key is heard whole, once and in order', async () => {
  const keys = Array.from({ length: 5 }, (_, i) => `crowd ${i}`)
  for (const key of keys) await parked(key, 3)
  const relay = busOn(db)
  const applied: string[] = []
  const replay = async () => applied.push(...(await replayParked(db, payment)).applied.map(nameOf))
  const last = 20
  for (let version = 4; version <= last; version++) {
    broken.clear()
    if (version % 3 === 0) for (const key of keys) broken.add(`${key} ${version}`)
    const news = tell(...keys.map((key): [string, number] => [key, version]))
    await Promise.all([news, relay.publishOnce(), replay(), relay.publishOnce(), replay()])
  }
  broken.clear()
  for (let i = 0; i < 2; i++) {
    await relay.publishOnce()
    await replay()
  }
  for (const key of keys) assert.deepEqual(await heardOf(key), Array.from({ length: last }, (_, i) => i + 1), key)
  assert.equal((await listParked(db, ['payment'])).count, 0)
  assert.equal(new Set(applied).size, applied.length, 'a message is said to be applied once')
})
