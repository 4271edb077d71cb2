import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, mock, test } from 'node:test'
import { setTimeout as turn } from 'node:timers/promises'
import { Admin, Producer } from '@platformatic/kafka'
import sql from 'sql-template-tag'
import { busContract } from './bus.contract.ts'
import type { Database } from './database.ts'
import { emit, type Envelope, slotOf } from './events.ts'
import { createKafkaBus, type KafkaBus, type KafkaBusOptions } from './kafka-bus.ts'
import { createLog } from './log.ts'
import { deleteTopics } from './testing-kafka.ts'
import { openTestDatabase, testKafkaBrokers } from './testing.ts'

const runId = `test-${randomUUID().slice(0, 8)}`
const now = 1_800_000_000_000
const log = createLog('silent')
const patienceMs = 60_000

if (!testKafkaBrokers) test('kafka bus: NOT tested, set TEST_KAFKA_BROKERS=host:port to a broker that may create topics', { skip: true })
else suite(testKafkaBrokers)

function suite(brokers: string[]) {
  const quick = { brokers, sources: ['reservation'], log, sessionTimeoutMs: 6_000, retryMs: 150 }
  busContract('kafka bus', {
    open: (options, world) => {
      const bus = createKafkaBus({ ...options, ...quick, prefix: `${runId}.${world}` })
      bus.start()
      return bus
    },
    afterEffect: 'commit',
  })

  let db: Database
  let opened: KafkaBus[] = []
  before(async () => {
    db = await openTestDatabase(['reservation', 'payment'])
  })
  after(async () => {
    await db.close()
    await deleteTopics(brokers.join(','), runId)
  })

  const promise = (sentence: string, run: () => Promise<void>) =>
    test(`kafka bus: ${sentence}`, () => run().finally(async () => {
      await Promise.all(opened.map((bus) => bus.close()))
      opened = []
      await db.rows(sql`delete from reservation.outbox`)
    }))

  function open(world: string, heard: string[], more: Partial<KafkaBusOptions> = {}) {
    const on = { 'reservation.confirmed': async (_: unknown, events: Envelope[]) => void heard.push(...events.map(({ key }) => key)) }
    const subscribers = [{ name: 'payment', on }]
    const bus = createKafkaBus({ ...quick, prefix: `${runId}.${world}`, db, producers: ['reservation'], subscribers, now: () => now, holder: 'one', ...more })
    opened.push(bus)
    return bus
  }
  const confirmed = (key: string, version = 1, data: Record<string, unknown> = {}) =>
    db.transaction((tx) => emit(tx, 'reservation', [{ key, version, name: 'reservation.confirmed', occurredAt: now, data }]))
  const waiting = async () => (await db.rows<{ key: string }>(sql`select key from reservation.outbox order by id`)).map(({ key }) => key)
  const parked = () => db.rows<{ producer: string; name: string }>(sql`select producer, name from payment.parked where producer like ${`${runId}%`}`)

  promise('while no broker answers nothing leaves the outbox; when one does, all of it', async () => {
    const heard: string[] = []
    const away = open('away', heard, { brokers: ['127.0.0.1:1'] })
    away.start()
    await confirmed('patient')
    await assert.rejects(away.publishOnce())
    await assert.rejects(away.lag())
    assert.deepEqual(await waiting(), ['patient'])
    const back = open('away', heard)
    back.start()
    assert.equal(await back.publishOnce(), 1)
    await until(async () => heard.includes('patient'))
  })

  promise('two processes of one subscriber share its partitions', async () => {
    const [first, second]: [string[], string[]] = [[], []]
    const one = open('shared', first)
    one.start()
    await confirmed('share0')
    await one.publishOnce()
    await until(async () => first.length > 0)
    open('shared', second, { producers: [], holder: 'two' }).start()
    for (let i = 1; second.length === 0; i++) {
      assert.ok(i < 1_000, 'the second process was given nothing')
      await confirmed(`share${i}`)
      await one.publishOnce()
      await until(async () => first.length + second.length > i)
    }
    const keys = [...first, ...second]
    assert.equal(new Set(keys).size, keys.length)
  })

  promise('an event the broker does not take stays in the outbox with its key, the others leave', async () => {
    const heard: string[] = []
    const bus = open('large', heard)
    bus.start()
    await confirmed('small1')
    await confirmed('large', 1, { text: 'x'.repeat(9_000_000) })
    await confirmed('large', 2)
    await confirmed('small2')
    assert.equal(await bus.publishOnce(), 2)
    await until(async () => heard.length === 2)
    assert.deepEqual(await waiting(), ['large', 'large'])
  })

  promise('what the broker refused is not sent again and again, and does not stand in the way; after a rest it is tried once more', async () => {
    const heard: string[] = []
    const refusals: string[] = []
    let time = now
    const bus = open('rest', heard, { now: () => time, log: { ...log, error: ((_: unknown, what: string) => void refusals.push(what)) as typeof log.error } })
    bus.start()
    await confirmed('huge', 1, { text: 'x'.repeat(9_000_000) })
    await db.transaction((tx) => emit(tx, 'reservation', Array.from({ length: 600 }, (_, i) => ({ key: 'huge', version: i + 2, name: 'reservation.confirmed', occurredAt: now, data: {} }))))
    await bus.publishOnce()
    assert.equal(refusals.length, 1)
    await confirmed('behind')
    assert.equal(await bus.publishOnce(), 1, 'more than a batch waits before it')
    assert.equal(refusals.length, 1)
    time += 60_000
    await bus.publishOnce()
    assert.equal(refusals.length, 2)
  })

  promise('a broker that takes connections and never answers holds up neither the relay nor the end', async () => {
    // it reads, or it would not see that somebody hung up and keep this process alive
    const silent = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const bus = open('silent', [], { brokers: [`127.0.0.1:${(silent.address() as AddressInfo).port}`], sendMsMax: 300, subscribers: [] })
    try {
      await confirmed('patient')
      await assert.rejects(bus.publishOnce(), /did not answer within 300 ms/)
      assert.deepEqual(await waiting(), ['patient'])
    } finally {
      silent.close()
    }
  })

  promise('what no producer of ours wrote is parked and reported; what is behind it in its partition is applied', async () => {
    const heard: string[] = []
    const reported: string[] = []
    const bus = open('forged', heard, { onParked: (_, event) => reported.push(event.name) })
    bus.start()
    await confirmed('first')
    await bus.publishOnce()
    const topic = `${runId}.forged.reservation`
    const stranger = new Producer({ clientId: 'stranger', bootstrapBrokers: brokers })
    const forged = { producer: 'seat', name: 'reservation.confirmed', key: 'first', version: 2, occurredAt: now, data: {} }
    // an event like ours that no database of ours could have kept, so that it could be neither applied nor parked
    const unstorable = { ...forged, producer: 'reservation' }
    const values = ['no json', '{}', ...[forged, { ...unstorable, key: 'a\0b' }, { ...unstorable, data: { text: '\ud800' } }, { ...unstorable, key: 'k'.repeat(3_000) }].map((each) => JSON.stringify(each))]
    await stranger.send({ messages: values.map((value) => ({ topic, partition: slotOf('first'), key: Buffer.from('first'), value: Buffer.from(value) })) }).finally(() => stranger.close())
    await confirmed('first', 3)
    await bus.publishOnce()
    await until(async () => heard.length === 2)
    assert.deepEqual(reported, values.map(() => 'unreadable'))
    assert.equal((await parked()).length, values.length)
  })

  promise('a topic of somebody else with too few partitions is said, with what mends it; nothing leaves until then', async () => {
    const topic = `${runId}.narrow.reservation`
    const admin = new Admin({ clientId: runId, bootstrapBrokers: brokers })
    const heard: string[] = []
    const bus = open('narrow', heard)
    try {
      await admin.createTopics({ topics: [topic], partitions: 4 })
      await confirmed('wide')
      await assert.rejects(bus.publishOnce(), new RegExp(`topic ${topic} has 4 partitions and needs 16: kafka-topics`))
      assert.deepEqual(await waiting(), ['wide'])
      await admin.createPartitions({ topics: [{ name: topic, count: 16 }] })
    } finally {
      await admin.close()
    }
    bus.start()
    await until(async () => (await bus.publishOnce().catch(() => 0)) === 1)
    await until(async () => heard.length === 1)
  })

  promise('the same of a topic that the broker made and does not list yet', async () => {
    const topic = `${runId}.unlisted.reservation`
    const admin = new Admin({ clientId: runId, bootstrapBrokers: brokers })
    await admin.createTopics({ topics: [topic], partitions: 4 }).finally(() => admin.close())
    // as a busy broker answers for a moment
    const list = mock.method(Admin.prototype, 'listTopics', async () => [])
    try {
      await confirmed('unlisted')
      await assert.rejects(open('unlisted', []).publishOnce(), /has 4 partitions and needs 16/)
      assert.deepEqual(await waiting(), ['unlisted'])
    } finally {
      list.mock.restore()
    }
  })

  promise('the lag is what a group has not passed, and none when all is applied', async () => {
    const heard: string[] = []
    const writer = open('lag', [], { subscribers: [] })
    await Promise.all(['lag1', 'lag2', 'lag3'].map((key) => confirmed(key)))
    await writer.publishOnce()
    let free: () => void = () => undefined
    const blocked = new Promise<void>((resolve) => {
      free = resolve
    })
    const slow: Database = { ...db, transaction: (work) => blocked.then(() => db.transaction(work)) }
    const reader = open('lag', heard, { producers: [], db: slow })
    reader.start()
    await until(async () => (await reader.lag().catch(() => new Map())).get('payment') === 3).finally(free)
    await until(async () => (await reader.lag()).get('payment') === 0)
    assert.equal(heard.length, 3)
  })
}

async function until(holds: () => Promise<boolean>) {
  for (const startedAt = performance.now(); performance.now() - startedAt < patienceMs; await turn(10)) if (await holds()) return
  assert.fail('what was awaited did not happen')
}
