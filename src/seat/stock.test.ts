import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Reader } from '../platform/database.ts'
import { Refusal } from '../platform/outcome.ts'
import { block } from './block.ts'
import { extendMany, reserveMany } from './hold.ts'
import { type Hold, seatLimits } from './api.ts'
import { statusCode } from './picture.ts'
import { pinMany, sellMany } from './pin.ts'
import { day, endHold, type Ground, openGround, type Planted, plantHold, smallPlan } from './planting.ts'
import { createMeter, meteredHolds } from './pressure.ts'
import { stock, tellStock } from './stock.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())

async function stockOf(showId: string) {
  const { stocks } = await stock(ground, { showIds: [showId] })
  assert(stocks[0])
  return stocks[0]
}
const stateOf = async (showId: string) => (await stockOf(showId)).availability
const window = (opensAt: number, closesAt: number) =>
  ({ id: randomUUID(), name: 'w', opensAt, closesAt, audience: 'everyone' as const, sections: null, codeHashes: [] })
const told = async (showId: string) => (await ground.events('seat.stock')).filter((data) => data.showId === showId)

async function pay(holds: Planted[], sell: boolean) {
  const payments = holds.map(({ reservationId, userId }) => ({ paymentId: randomUUID(), reservationId, userId }))
  await pinMany(ground, payments)
  if (sell) await sellMany(ground, payments)
}

test('any available seat is open, with what is left by grade', async () => {
  const showId = await ground.publish()
  await plantHold(ground, showId, [1, 2, 3, 5])
  assert.deepEqual(await stockOf(showId), {
    showId,
    availability: { state: 'open' },
    left: [{ grade: 'R', total: 4, available: 1 }, { grade: 'S', total: 2, available: 1 }],
  })
})

test('nothing available but held: all_held until the earliest ordinary hold ends; offers and pins do not count', async () => {
  const showId = await ground.publish()
  const now = ground.now()
  const late = await plantHold(ground, showId, [1], { until: now + 9_000 })
  const early = await plantHold(ground, showId, [2], { until: now + 5_000, reservationId: null })
  await plantHold(ground, showId, [3], { until: now + 1_000, kind: 'offer' })
  const pinned = await plantHold(ground, showId, [4, 5, 6], { until: now + 2_000 })
  await pay([pinned], false)
  assert.deepEqual(await stateOf(showId), { state: 'all_held', earliestUntil: early ? now + 5_000 : late })
})

test('what is all held is looked through once a version: again when a hold moved, or when the end has come', async () => {
  const showId = await ground.publish()
  const mine = await plantHold(ground, showId, [1, 2, 3], { until: ground.now() + 5_000 })
  const late = ground.now() + 9_000
  await plantHold(ground, showId, [4, 5, 6], { until: late })
  let looks = 0
  const rows: Reader['rows'] = (query) => {
    looks += 1
    return ground.db.rows(query)
  }
  const ends = async () => (await stock({ ...ground, db: { ...ground.db, rows } }, { showIds: [showId] })).stocks[0]?.availability.earliestUntil
  const end = await ends()
  const before = looks
  assert.equal(await ends(), end)
  assert.equal(looks, before, 'nothing changed, and nothing was read')
  const [longer] = await extendMany(ground, [{ userId: mine.userId, holdId: mine.holdId }])
  assert(longer && !(longer instanceof Error), String(longer))
  assert.equal(await ends(), late, 'the other one ends first now')
  ground.clock.now = late
  const then = looks
  await ends()
  assert.equal(looks, then + 1, 'its end has come')
})

test('a hold that gets another end as it is bound is looked for again; one bound as it was makes no version', async () => {
  const showId = await ground.publish()
  const [now, userId] = [ground.now(), randomUUID()]
  const bind = async (holds: Planted[]) => {
    const reserved = await reserveMany(ground, [{ userId: holds[0]?.userId ?? '', reservationId: randomUUID(), holdIds: holds.map(({ holdId }) => holdId) }])
    assert(!(reserved[0] instanceof Error), String(reserved[0]))
    return (await ground.pictures.of(showId)).version
  }
  const free = { userId, reservationId: null }
  const early = await plantHold(ground, showId, [1], { ...free, until: now + 5_000 })
  const later = await plantHold(ground, showId, [2], { ...free, until: now + 9_000 })
  const alone = await plantHold(ground, showId, [3, 4], { reservationId: null, until: now + 900_000 })
  const offer = await plantHold(ground, showId, [5, 6], { reservationId: null, until: now + 1_000, kind: 'offer' })
  const { version } = await ground.pictures.of(showId)
  assert.equal((await stateOf(showId)).earliestUntil, now + 5_000)
  assert.equal(await bind([alone]), version)
  assert.equal(await bind([early, later]), version + 1)
  assert.equal((await stateOf(showId)).earliestUntil, now + 9_000)
  await endHold(ground, early)
  await endHold(ground, later)
  await plantHold(ground, showId, [1, 2], { until: now + 901_000 })
  assert.equal((await stateOf(showId)).earliestUntil, now + 900_000)
  await bind([offer])
  assert.equal((await stateOf(showId)).earliestUntil, now + seatLimits.holdMs, 'an accepted offer is an ordinary hold')
})

test('a show that became all held while others were looked through names no end of former holds', async () => {
  const [first, second] = [await ground.publish(), await ground.publish()]
  const parts = [[1, 2, 3, 4], [5, 6]]
  const fill = async (showId: string) => {
    for (const seatIds of parts) await plantHold(ground, showId, seatIds)
  }
  await fill(second)
  assert((await stateOf(second)).earliestUntil)
  const picture = await ground.pictures.of(second)
  const become = (status: number) => ground.pictures.apply(second, parts.flat().map((seatId) => ({ seatId, status })), picture.version + 1)
  become(statusCode.available)
  await fill(first)
  const rows: Reader['rows'] = (query) => {
    become(statusCode.held)
    return ground.db.rows(query)
  }
  // read already, so that the look for an end is all that is left to read
  await ground.pictures.of(first)
  const { stocks } = await stock({ ...ground, db: { ...ground.db, rows } }, { showIds: [first, second] })
  assert.deepEqual([stocks[0]?.availability.state, stocks[1]?.availability], ['all_held', { state: 'all_held' }])
})

test('all_held names no time when only pinned and returned seats are left', async () => {
  const showId = await ground.publish()
  await pay([await plantHold(ground, showId, [1, 2, 3, 4]), await plantHold(ground, showId, [5])], false)
  await ground.db.rows(sql`update seat.seats set status = 4 where show_id = ${showId} and id = 6`)
  ground.pictures.forget(showId)
  assert.deepEqual(await stateOf(showId), { state: 'all_held' })
})

test('all sold or blocked is sold_out; blocked seats count for nothing', async () => {
  const showId = await ground.publish()
  await pay([await plantHold(ground, showId, [1, 2, 3, 4])], true)
  await block(ground, { showId, seatIds: [5, 6], reason: 'camera', by: randomUUID() })
  const { availability, left } = await stockOf(showId)
  assert.deepEqual(availability, { state: 'sold_out' })
  assert.deepEqual(left, [{ grade: 'R', total: 4, available: 0 }, { grade: 'S', total: 0, available: 0 }])
})

test('before a window and between two it is closed until the next opens, after the last closed for good', async () => {
  const now = ground.now()
  const windows = [window(now + 1_000, now + 2_000), window(now + 5_000, now + 6_000)]
  const showId = await ground.publish(smallPlan, { windows })
  const states = []
  for (const wait of [0, 1_000, 2_000, 5_000, 6_000]) {
    ground.clock.now = now + wait
    states.push(await stateOf(showId))
  }
  assert.deepEqual(states, [
    { state: 'closed', opensAt: now + 1_000 }, { state: 'open' }, { state: 'closed', opensAt: now + 5_000 },
    { state: 'open' }, { state: 'closed' },
  ])
})

test('a cancelled show and a past one are closed without an opening; a pause changes nothing', async () => {
  const now = ground.now()
  const later = { windows: [window(now + day, now + 2 * day)] }
  const cancelled = await ground.publish(smallPlan, later)
  await ground.hear('show.cancelled', cancelled)
  assert.deepEqual(await stateOf(cancelled), { state: 'closed' })
  assert.deepEqual(await stateOf(await ground.publish(smallPlan, { startsAt: now })), { state: 'closed' })
  const paused = await ground.publish()
  await ground.hear('show.paused', paused)
  assert.deepEqual(await stateOf(paused), { state: 'open' })
})

test('shows without seats here are left out', async () => {
  const showId = await ground.publish()
  const { stocks } = await stock(ground, { showIds: [randomUUID(), showId, showId] })
  assert.deepEqual(stocks.map((one) => one.showId), [showId])
})

test('seat.stock tells of a change once, at most once a second, with growing versions', async () => {
  const showId = await ground.publish()
  await tellStock(ground)
  await tellStock(ground)
  assert.equal((await told(showId)).length, 1)
  await block(ground, { showId, seatIds: [1], reason: 'camera', by: randomUUID() })
  ground.clock.now += 999
  await tellStock(ground)
  assert.equal((await told(showId)).length, 1)
  ground.clock.now += 1
  await tellStock(ground)
  await tellStock(ground)
  assert.deepEqual((await told(showId)).map((data) => data.left), [
    [{ grade: 'R', total: 4, available: 4 }, { grade: 'S', total: 2, available: 2 }],
    [{ grade: 'R', total: 3, available: 3 }, { grade: 'S', total: 2, available: 2 }],
  ])
  const versions = await ground.db.rows<{ version: number }>(sql`select version from seat.outbox where key = ${showId} order by id`)
  assert.deepEqual(versions.map((row) => row.version), [1, 2])
})

test('seat.stock also tells what the clock alone changed: a window that opens', async () => {
  const now = ground.now()
  const showId = await ground.publish(smallPlan, { windows: [window(now + 10_000, now + day)] })
  await tellStock(ground)
  ground.clock.now = now + 9_999
  await tellStock(ground)
  assert.equal((await told(showId)).length, 1)
  ground.clock.now = now + 10_000
  await tellStock(ground)
  const states = (await told(showId)).map((data) => data.availability)
  assert.deepEqual(states, [{ state: 'closed', opensAt: now + 10_000 }, { state: 'open' }])
})

test('seat.stock sees what another process wrote', async () => {
  const showId = await ground.publish()
  await tellStock(ground)
  const hold = await plantHold(ground, showId, [1])
  ground.clock.now += 1_000
  await tellStock(ground)
  await endHold(ground, hold)
  ground.clock.now += 1_000
  await tellStock(ground)
  assert.deepEqual((await told(showId)).map((data) => (data.left as { available: number }[])[0]?.available), [4, 3, 4])
})

test('a busy show is told of each second, with what its holds and payments take; those still running count', async () => {
  const showId = await ground.publish()
  await tellStock(ground)
  const heard = meteredHolds(ground.meter, ground.now)
  const hold = { seatIds: [1, 2] } as Hold
  heard.flushed(Array(8).fill({ showId }), [...Array(7).fill(hold), new Refusal('seat_taken')], 100)
  heard.flushed([{ showId }], [hold], 20)
  heard.flushed([{ showId }], [new Refusal('seat_taken')], 9_000)
  heard.shed({ showId })
  await pay([await plantHold(ground, showId, [1])], false)
  for (let i = 0; i < 7; i++) ground.meter.sold(showId, 200, ground.now())
  ground.clock.now += 1_000
  await tellStock(ground)
  const [, busy] = await told(showId)
  assert.deepEqual(busy?.pressure, { holdP95Ms: 100, holdsShed: 1, payP95Ms: 1_000, lagMs: 0, seatsPerHold: 2 })
  assert.equal(busy?.taken, 1)
  const { length } = await told(showId)
  ground.clock.now += 1_000
  await tellStock(ground)
  assert.equal((await told(showId)).length, length + 1, 'nothing changed but time')
  await ground.db.rows(sql`update seat.pins set status = 'sold', sold_at = pinned_at where show_id = ${showId}`)
  ground.clock.now += 15_000
  await tellStock(ground)
  assert.equal((await told(showId)).length, length + 1, 'quiet again')
})

test('what presses on another process that sells the show is told with it, for three seconds after it was last heard of', async () => {
  const showId = await ground.publish()
  const other = { ...ground, meter: createMeter(randomUUID()), lagMs: () => 300 }
  const pressures = async () => (await told(showId)).map((data) => (data as unknown as { pressure: { holdsShed: number; lagMs: number } }).pressure)
  ground.meter.touch(showId, ground.now())
  for (let i = 0; i < 3; i++) other.meter.shed(showId, ground.now())
  await tellStock(ground)
  await tellStock(other) // the first has the turn
  assert.deepEqual((await pressures()).map(({ holdsShed, lagMs }) => [holdsShed, lagMs]), [[0, 0]])
  ground.clock.now += 1_000
  await tellStock(ground)
  assert.deepEqual((await pressures()).slice(1).map(({ holdsShed, lagMs }) => [holdsShed, lagMs]), [[3, 300]])
  ground.clock.now += 2_001
  await tellStock(ground)
  assert.deepEqual((await pressures()).slice(2).map(({ holdsShed, lagMs }) => [holdsShed, lagMs]), [[0, 0]])
  ground.clock.now += 60_000
  ground.meter.touch(showId, ground.now())
  await tellStock(ground)
  assert.deepEqual(await ground.db.rows(sql`select process from seat.pressures where show_id = ${showId}`), [{ process: ground.meter.process }])
})
