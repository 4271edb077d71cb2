import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as turn } from 'node:timers/promises'
import sql from 'sql-template-tag'
import type { StepHook } from './contract.ts'
import { at, type Database } from './database.ts'
import { emit, type Envelope, slotOf } from './events.ts'
import { deliveryAttemptsMax, type Subscriber } from './inbox.ts'
import type { BusOptions } from './memory-bus.ts'
import { replayParked } from './parked.ts'
import type { Relay } from './relay.ts'
import { openTestDatabase } from './testing.ts'

export type OpenBus = Relay & { close: () => Promise<void> }
export type Adapter = {
  /** a process with this bus, listening; buses of one test share `world` */
  open: (options: BusOptions, world: string) => OpenBus
  /** where a process stops between an effect and what keeps the event from coming again */
  afterEffect: Parameters<StepHook>[0]
}

const patienceMs = 60_000
const lost = Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })

/** What every adapter of the bus promises, on real SQL. Effects are rows: `by` is the process that made them. */
export function busContract(adapter: string, { open, afterEffect }: Adapter) {
  let db: Database
  let now = 1_800_000_000_000
  let worlds = 0
  let opened: OpenBus[] = []

  before(async () => {
    db = await openTestDatabase(['reservation', 'seat', 'payment', 'queue'])
    await db.rows(sql`create table effects (id bigint generated always as identity, subscriber text, by text, producer text, key text, version bigint)`)
  })
  after(() => db.close())

  /** A test with a world of its own; leases of the one before have run out. */
  const promise = (sentence: string, run: (world: ReturnType<typeof worldOf>) => Promise<void>) =>
    test(`${adapter}: ${sentence}`, async () => {
      now += 60_000
      await run(worldOf(`world${++worlds}`)).finally(async () => {
        await Promise.all(opened.map((bus) => bus.close()))
        opened = []
        await db.rows(sql`delete from reservation.outbox`)
      })
    })

  function worldOf(world: string) {
    const key = (name: string) => `${world}-${name}`
    const effects = (name: string, subscriber = 'payment') => db.rows<{ version: number; by: string }>(sql`
      select version, by from effects where key = ${key(name)} and subscriber = ${subscriber} order by id`)
    return {
      key, effects,
      /** another key of the same slot */
      neighbourOf: (name: string) =>
        Array.from({ length: 1000 }, (_, i) => `neighbour${i}`).find((other) => slotOf(key(other)) === slotOf(key(name))) as string,
      versions: async (name: string, subscriber?: string) => (await effects(name, subscriber)).map(({ version }) => version),
      listens: (by: string, name = 'payment', broken: (event: Envelope) => boolean = () => false): Subscriber => ({
        name,
        on: {
          'reservation.confirmed': async (tx, events) => {
            for (const event of events) {
              await tx.rows(sql`insert into effects (subscriber, by, producer, key, version) values (${name}, ${by}, ${event.producer}, ${event.key}, ${event.version})`)
              if (broken(event)) throw new Error('cannot apply')
            }
          },
        },
      }),
      bus(holder: string, subscribers: Subscriber[], more: Partial<BusOptions> = {}) {
        const bus = open({ db, producers: ['reservation'], subscribers, now: () => now, holder: `${world}-${holder}`, ...more }, world)
        opened.push(bus)
        return bus
      },
      emit: (...events: [string, number][]) => db.transaction((tx) => emit(tx, 'reservation', events.map(([name, version]) => ({
        key: key(name), version, name: 'reservation.confirmed', occurredAt: now, data: { version },
      })))),
      waiting: () => db.rows<{ key: string }>(sql`select key from reservation.outbox`),
      parked: async () => (await db.rows<{ key: string; version: number }>(sql`
        select key, version from payment.parked where key like ${`${world}-%`} order by key, version`)),
    }
  }

  /** Relays until the condition holds; a process that a test has stopped is asked no more. */
  async function until(buses: OpenBus[], holds: () => Promise<boolean>) {
    for (const startedAt = performance.now(); performance.now() - startedAt < patienceMs; await turn(10)) {
      for (const bus of buses) await bus.publishOnce().catch((error: unknown) => assert.equal(error, lost))
      if (await holds()) return
    }
    assert.fail('what was awaited did not happen')
  }

  promise('events of a key are applied in the order of their versions, whatever comes between', async ({ bus, listens, emit, versions }) => {
    const one = bus('one', [listens('one')])
    const names = ['a', 'b', 'c', 'd', 'e']
    for (let version = 1; version <= 20; version++) {
      await emit(...names.map((name): [string, number] => [name, version]))
      if (version % 3 === 0) await one.publishOnce()
    }
    const all = Array.from({ length: 20 }, (_, i) => i + 1)
    await until([one], async () => (await versions('e')).length >= 20 && (await versions('a')).length >= 20)
    for (const name of names) assert.deepEqual(await versions(name), all)
  })

  promise('what comes twice or late does nothing', async ({ bus, listens, emit, versions }) => {
    const one = bus('one', [listens('one')])
    await emit(['a', 1], ['a', 2], ['a', 3])
    await until([one], async () => (await versions('a')).includes(3))
    await emit(['a', 2], ['a', 1], ['a', 3], ['a', 4], ['a', 4])
    await one.publishOnce()
    await emit(['a', 5])
    await until([one], async () => (await versions('a')).includes(5))
    assert.deepEqual(await versions('a'), [1, 2, 3, 4, 5])
  })

  promise('a relay that dies between publish and delete has it published again, and nothing happens twice', async ({ bus, listens, emit, versions, waiting }) => {
    const dying = bus('dying', [listens('dying')], { step: stopOnce('publish') })
    await emit(['a', 1], ['a', 2])
    await assert.rejects(dying.publishOnce(), /stopped/)
    assert.equal((await waiting()).length, 2)
    now += 10_000
    const next = bus('next', [listens('next')])
    assert.equal(await next.publishOnce(), 2)
    await emit(['a', 3])
    await until([next], async () => (await versions('a')).includes(3))
    assert.deepEqual(await versions('a'), [1, 2, 3])
  })

  promise('a process that dies after the effect is told again, and nothing happens twice', async ({ bus, listens, emit, versions }) => {
    const dying = bus('dying', [listens('dying')], { step: stopOnce(afterEffect) })
    await emit(['a', 1], ['a', 2])
    await dying.publishOnce().catch((error: Error) => assert.match(error.message, /stopped/))
    await until([], async () => (await versions('a')).includes(2))
    await dying.close()
    now += 10_000
    const next = bus('next', [listens('next')])
    await emit(['a', 3])
    await until([next], async () => (await versions('a')).includes(3))
    assert.deepEqual(await versions('a'), [1, 2, 3])
  })

  promise('a process that dies before the effect loses nothing: the next one applies it', async ({ bus, listens, emit, versions }) => {
    let tries = 0
    const away: Database = { ...db, transaction: () => Promise.reject(++tries && lost) }
    const dying = bus('dying', [listens('dying')], { db: away })
    await emit(['a', 1], ['a', 2])
    await until([dying], async () => tries > 0)
    await dying.close()
    now += 10_000
    const next = bus('next', [listens('next')])
    await emit(['a', 3])
    await until([next], async () => (await versions('a')).includes(3))
    assert.deepEqual(await versions('a'), [1, 2, 3])
  })

  promise('a process that dies while a key fails loses none of its events, though its neighbour in the slot went on', async (world) => {
    const { bus, listens, emit, versions, neighbourOf, key } = world
    const neighbour = neighbourOf('bad')
    const dying = bus('dying', [listens('dying', 'payment', (event) => event.key === key('bad'))])
    await emit(['bad', 1], [neighbour, 1])
    await until([dying], async () => (await versions(neighbour)).includes(1))
    await dying.close()
    now += 10_000
    const next = bus('next', [listens('next')])
    await emit(['bad', 2])
    await until([next], async () => (await versions('bad')).includes(2))
    assert.deepEqual([await versions('bad'), await versions(neighbour)], [[1, 2], [1]])
  })

  promise('an event waits for an earlier one of its key that has failed, and follows when that one succeeds', async ({ bus, listens, emit, versions, parked }) => {
    let failures = 0
    const one = bus('one', [listens('one', 'payment', (event) => event.version === 1 && ++failures < deliveryAttemptsMax)])
    await emit(['moody', 1])
    await until([one], async () => failures > 0)
    await emit(['moody', 2])
    await until([one], async () => (await versions('moody')).includes(2))
    assert.deepEqual([await versions('moody'), await parked()], [[1, 2], []])
  })

  promise('poison parks only its key and its later messages; a neighbour in its slot goes on; replay is in order', async (world) => {
    const { bus, listens, emit, versions, parked, neighbourOf, key } = world
    const neighbour = neighbourOf('bad')
    const reported: number[] = []
    const one = bus('one', [listens('one', 'payment', (event) => event.key === key('bad'))], { onParked: (_, event) => reported.push(event.version) })
    await emit(['bad', 1], [neighbour, 1])
    await until([one], async () => (await parked()).length > 0)
    await emit(['bad', 2], [neighbour, 2])
    await until([one], async () => (await versions(neighbour)).includes(2) && (await parked()).length === 2)
    assert.deepEqual([await versions(neighbour), await versions('bad'), reported], [[1, 2], [], [1]])
    assert.deepEqual(await parked(), [{ key: key('bad'), version: 1 }, { key: key('bad'), version: 2 }])
    assert.equal((await replayParked(db, listens('operator'))).applied.length, 2)
    assert.deepEqual(await versions('bad'), [1, 2])
    await emit(['bad', 3])
    await until([one], async () => (await parked()).length === 1)
    await replayParked(db, listens('operator'))
    assert.deepEqual(await versions('bad'), [1, 2, 3])
  })

  promise('a database that is away parks nothing, however long; then all is applied', async ({ bus, listens, emit, versions, parked }) => {
    let tries = 0
    const shaky: Database = { ...db, transaction: async (work) => (tries++ < deliveryAttemptsMax + 2 ? Promise.reject(lost) : db.transaction(work)) }
    const one = bus('one', [listens('one')], { db: shaky })
    await emit(['a', 1])
    await until([one], async () => (await versions('a')).length > 0)
    assert.deepEqual([await versions('a'), await parked()], [[1], []])
  })

  promise('a relay publishes no slot that another one has leased, until that lease ran out', async ({ bus, listens, emit, versions }) => {
    await db.rows(sql`insert into reservation.outbox_leases (slot, holder, until) select s, 'other', ${at(now + 1_000)} from generate_series(0, 15) s
      on conflict (slot) do update set holder = 'other', until = excluded.until`)
    const one = bus('one', [listens('one')])
    await emit(['a', 1])
    assert.equal(await one.publishOnce(), 0)
    now += 2_000
    assert.equal(await one.publishOnce(), 1)
    await until([one], async () => (await versions('a')).includes(1))
  })

  promise('a relay that is stopped gives its slots back: the next one publishes at once; after one that died, 5 s later', async ({ bus, listens, emit, versions }) => {
    const stopped = bus('stopped', [listens('stopped')])
    await emit(['a', 1])
    assert.equal(await stopped.publishOnce(), 1)
    await stopped.release()
    const died = bus('died', [listens('died')])
    await emit(['a', 2])
    assert.equal(await died.publishOnce(), 1)
    const next = bus('next', [listens('next')])
    await emit(['a', 3])
    now += 4_500
    assert.equal(await next.publishOnce(), 0)
    now += 1
    assert.equal(await next.publishOnce(), 1)
    await until([next], async () => (await versions('a')).includes(3))
  })

  promise('two processes of one subscriber: each event is applied once, by one of them', async ({ bus, listens, emit, effects }) => {
    const both = [bus('one', [listens('one')]), bus('two', [listens('two')])]
    const names = Array.from({ length: 100 }, (_, i) => `k${i}`)
    for (const version of [1, 2]) {
      await emit(...names.map((name): [string, number] => [name, version]))
      const sent = await Promise.all(both.map((each) => each.publishOnce()))
      assert.equal(sent.reduce((sum, count) => sum + count, 0), 100, 'each row leaves through one relay')
    }
    await until(both, async () => (await Promise.all(names.map((name) => effects(name)))).every((rows) => rows.length >= 2))
    for (const name of names) assert.deepEqual((await effects(name)).map(({ version }) => version), [1, 2])
  })

  promise('two subscribers each get everything', async ({ bus, listens, emit, versions }) => {
    const one = bus('one', [listens('one', 'payment'), listens('one', 'queue')])
    const names = Array.from({ length: 40 }, (_, i) => `k${i}`)
    await emit(...names.map((name): [string, number] => [name, 1]))
    const heard = (subscriber: string) => Promise.all(names.map((name) => versions(name, subscriber)))
    await until([one], async () => [await heard('payment'), await heard('queue')].flat(2).length >= 80)
    for (const subscriber of ['payment', 'queue']) assert.deepEqual(await heard(subscriber), names.map(() => [1]))
  })
}

function stopOnce(where: string): StepHook {
  let stopped = false
  return (kind) => {
    if (kind !== where || stopped) return
    stopped = true
    throw new Error('stopped here')
  }
}
