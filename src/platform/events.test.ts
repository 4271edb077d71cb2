import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Database } from './database.ts'
import { emit, type Envelope } from './events.ts'
import { deliver, deliveryAttemptsMax, type Subscriber } from './inbox.ts'
import { createMemoryBus } from './memory-bus.ts'
import { parkedKeys, replayParked } from './parked.ts'
import { openTestDatabase } from './testing.ts'

let db: Database
const now = 1_800_000_000_000
const heard: Envelope[] = []
let broken: string | undefined
const subscriber: Subscriber = {
  name: 'payment',
  on: {
    'reservation.confirmed': async (_tx, events) => {
      for (const event of events) if (event.key === broken) throw new Error('cannot apply')
      heard.push(...events)
    },
  },
}
const event = (key: string, version: number, name = 'reservation.confirmed') => ({ key, version, name, occurredAt: now, data: { version } })
const bus = () => createMemoryBus({ db, producers: ['reservation'], subscribers: [subscriber], now: () => now, holder: 'one' })

before(async () => {
  db = await openTestDatabase(['reservation', 'payment'])
})
after(() => db.close())

test('an event is delivered once and in version order, however often it is published', async () => {
  heard.length = 0
  await db.transaction((tx) => emit(tx, 'reservation', [event('a', 1), event('a', 2), event('b', 1)]))
  await bus().publishOnce()
  const again = [1, 2].map((version) => ({ ...event('a', version), producer: 'reservation' }))
  await deliver(db, subscriber, again)
  assert.deepEqual(heard.map((each) => `${each.key}${each.version}`), ['a1', 'b1', 'a2'].sort((x, y) => x.localeCompare(y)))
  assert.equal((await db.rows(sql`select 1 from reservation.outbox`)).length, 0)
})

test('a straggler with an older version does nothing', async () => {
  heard.length = 0
  await deliver(db, subscriber, [{ ...event('c', 5), producer: 'reservation' }])
  await deliver(db, subscriber, [{ ...event('c', 4), producer: 'reservation' }])
  assert.deepEqual(heard.map((each) => each.version), [5])
})

test('a rolled back transaction publishes nothing (E1)', async () => {
  await assert.rejects(db.transaction(async (tx) => {
    await emit(tx, 'reservation', [event('ghost', 1)])
    throw new Error('no')
  }))
  assert.equal(await bus().publishOnce(), 0)
})

test('a failing key blocks only itself, is parked after its attempts with its key, and is replayed in order (E2)', async () => {
  heard.length = 0
  broken = 'bad'
  await db.transaction((tx) => emit(tx, 'reservation', [event('bad', 1), event('good', 1)]))
  const one = bus()
  for (let attempt = 0; attempt < deliveryAttemptsMax; attempt++) await one.publishOnce()
  assert.deepEqual(heard.map((each) => each.key), ['good'])
  assert.deepEqual([...(await parkedKeys(db, 'payment'))], ['reservation bad'])
  await db.transaction((tx) => emit(tx, 'reservation', [event('bad', 2)]))
  broken = undefined
  await one.publishOnce()
  assert.deepEqual(heard.map((each) => each.key), ['good'], 'a later message of a parked key must not overtake')
  assert.equal((await replayParked(db, subscriber)).applied.length, 2)
  assert.deepEqual(heard.filter((each) => each.key === 'bad').map((each) => each.version), [1, 2])
  assert.equal((await parkedKeys(db, 'payment')).size, 0)
})

test('a slot leased by another relay is left alone until its lease ran out', async () => {
  await db.rows(sql`insert into reservation.outbox_leases (slot, holder, until) select s, 'other', ${at(now + 1_000)} from generate_series(0, 15) s
    on conflict (slot) do update set holder = 'other', until = excluded.until`)
  await db.transaction((tx) => emit(tx, 'reservation', [event('leased', 1)]))
  assert.equal(await bus().publishOnce(), 0)
  await db.rows(sql`update reservation.outbox_leases set until = ${at(now - 600)}`)
  assert.equal(await bus().publishOnce(), 1)
})

test('tries count in a row: a key that fails now and then and recovers is not parked', async () => {
  const one = bus()
  for (let version = 1; version <= deliveryAttemptsMax + 2; version++) {
    broken = 'moody'
    await db.transaction((tx) => emit(tx, 'reservation', [event('moody', version)]))
    await one.publishOnce()
    broken = undefined
    await one.publishOnce()
  }
  assert.equal((await parkedKeys(db, 'payment')).has('reservation moody'), false)
})

test('a database that is away parks nothing, however often it is asked', async () => {
  heard.length = 0
  let away = true
  const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
  const shaky: Database = { ...db, transaction: async (work) => (away ? Promise.reject(lost) : db.transaction(work)) }
  const one = createMemoryBus({ db: shaky, producers: ['reservation'], subscribers: [subscriber], now: () => now, holder: 'one' })
  await db.transaction((tx) => emit(tx, 'reservation', [event('patient', 1)]))
  for (let i = 0; i < deliveryAttemptsMax + 2; i++) await one.publishOnce().catch((error: unknown) => assert.equal(error, lost))
  away = false
  await one.publishOnce()
  assert.deepEqual(heard.map(({ key }) => key), ['patient'])
  assert.equal((await parkedKeys(db, 'payment')).has('reservation patient'), false)
})
