import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { afterOutage, beat, sweep } from './clock.ts'
import { endHoldsOfClosed } from './ending.ts'
import { reserveMany } from './hold.ts'
import { pinMany } from './pin.ts'
import { resumeShows } from './resuming.ts'
import { codeOf, hallPlan, type HoldGround, openHoldGround } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})
const publish = () => ground.publish(hallPlan)
const endOf = async (holdId: string) => (await ground.row(holdId)).endedReason
/** Time in which the sweeper ran and beat; what is left of it after the last beat passes without one. */
async function until(instant: number) {
  await ground.pass(Math.max(0, instant - ground.now() - 100))
  ground.clock.now = instant
}

test('a hold ends half a second after its until, never early', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1, 2], { userId })
  await until(hold.until + 499)
  await sweep(ground)
  assert.equal(await endOf(hold.id), null)
  ground.clock.now = hold.until + 500
  await sweep(ground)
  assert.equal(await endOf(hold.id), 'expired')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [0, 0])
  assert.equal((await ground.quotaOf(showId, userId))?.seats, 0)
  await ground.assertPictured(showId)
  assert.equal(codeOf(await ground.take(showId, [1])), 'done')
})

test('bound holds end together with one event, unbound ones silently', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [one, two] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  const loose = await ground.held(showId, [3], { userId })
  const reservationId = randomUUID()
  await reserveMany(ground, [{ reservationId, userId, holdIds: [one.id, two.id] }])
  const before = (await ground.events('seat.hold_ended')).length
  await until(loose.until + 500)
  await sweep(ground)
  assert.deepEqual([await endOf(one.id), await endOf(two.id), await endOf(loose.id)], ['expired', 'expired', 'expired'])
  assert.deepEqual((await ground.events('seat.hold_ended')).slice(before), [{ reservationId, userId, showId, reason: 'expired' }])
  const [event] = await ground.db.rows(sql`select key, version from seat.outbox where name = 'seat.hold_ended' order by id desc limit 1`)
  assert.deepEqual(event, { key: reservationId, version: 1 })
})

test('a pinned hold is passed over by every clock', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  const reservationId = randomUUID()
  await reserveMany(ground, [{ reservationId, userId, holdIds: [hold.id] }])
  await pinMany(ground, [{ paymentId: randomUUID(), reservationId, userId }])
  await until(hold.until + 60_000)
  await sweep(ground)
  assert.equal(await endOf(hold.id), null)
  assert.equal((await ground.statuses(showId))[0], 2)
})

test('the holds of a paused show are passed over; resumed, they have the pause and at least a minute', async () => {
  const showId = await publish()
  const hold = await ground.held(showId, [1])
  await ground.hear('show.paused', showId)
  await until(hold.until + 10_000)
  await sweep(ground)
  assert.equal(await endOf(hold.id), null)
  await ground.hear('show.resumed', showId, { pausedMs: 310_000 })
  await resumeShows(ground)
  const { until: later } = await ground.row(hold.id)
  assert.equal(later, hold.until + 310_000)
  await until(later + 500)
  await sweep(ground)
  assert.equal(await endOf(hold.id), 'expired')
})

test('after an outage deadlines that ran out in it, or will within a minute, are a minute from now; others stay', async () => {
  const showId = await publish()
  const early = await ground.held(showId, [1])
  await ground.pass(240_000)
  const late = await ground.held(showId, [2])
  ground.clock.now += 90_000 // nobody beats: the first one's time runs out meanwhile
  assert.equal(await sweep(ground), 0)
  assert.equal(await endOf(early.id), null)
  assert.ok((await afterOutage(ground)) >= 1)
  assert.equal((await ground.row(early.id)).until, ground.now() + 60_000)
  assert.equal((await ground.row(late.id)).until, late.until)
  assert.equal(await afterOutage(ground), 0)
  await sweep(ground)
  assert.equal(await endOf(early.id), null)
  await ground.pass(61_000)
  assert.equal(await endOf(early.id), 'expired')
  assert.equal(await endOf(late.id), null)
})

test('what had run out before the outage gets no grace', async () => {
  const showId = await publish()
  const hold = await ground.held(showId, [1])
  await until(hold.until + 400)
  await ground.db.rows(sql`update seat.heartbeats set beat_at = ${new Date(ground.now())}`)
  ground.clock.now += 10_000
  await afterOutage(ground)
  await sweep(ground)
  assert.equal(await endOf(hold.id), 'expired')
})

test('the sweeper ends nothing while the beat is old, and a late beat does not hide the outage', async () => {
  const showId = await publish()
  const hold = await ground.held(showId, [1])
  ground.clock.now = hold.until + 20_000
  await beat(ground)
  await sweep(ground)
  assert.equal(await endOf(hold.id), null)
  assert.ok((await afterOutage(ground)) >= 1)
  assert.equal(await endOf(hold.id), null)
})

test('who pays right after an outage is not refused what the outage took, but what had run out before', async () => {
  const showId = await publish()
  const bound = async (seatId: number) => {
    const userId = randomUUID()
    const hold = await ground.held(showId, [seatId], { userId })
    const [reservation] = await reserveMany(ground, [{ reservationId: randomUUID(), userId, holdIds: [hold.id] }])
    assert(reservation && !(reservation instanceof Error))
    return { until: hold.until, payment: { paymentId: randomUUID(), reservationId: reservation.reservationId, userId } }
  }
  const early = await bound(1)
  ground.clock.now += 400
  const late = await bound(2)
  await until(early.until)
  await ground.db.rows(sql`update seat.heartbeats set beat_at = ${new Date(ground.now())}`)
  ground.clock.now += 20_000 // stopped and woken: no job has run yet
  const answers = await pinMany(ground, [early.payment, late.payment])
  assert.deepEqual(answers.map(codeOf), ['hold_expired', 'done'])
  await afterOutage(ground)
})

test('more holds than a chunk end in one sweep, whole', async () => {
  const showId = await ground.publish({ sections: [{ name: 'F', kind: 'standing', grade: 'F', capacity: 1_300 }] })
  await ground.many(Array.from({ length: 650 }, (_, i) => ground.wish(showId, [i * 2 + 1, i * 2 + 2])))
  await ground.pass(302_000)
  assert.deepEqual(new Set(await ground.statuses(showId)), new Set([0]))
  await ground.assertPictured(showId)
})

test('a hold that a bug keeps from its end keeps no other one, nor the beat; somebody hears of it', async () => {
  const showId = await publish()
  const holds = []
  for (const seatId of [1, 2, 3, 4, 5]) holds.push(await ground.held(showId, [seatId]))
  const [, broken] = holds
  assert(broken)
  await ground.db.rows(sql`update seat.holds set seat_ids = '{2, 9}' where id = ${broken.id}`)
  await until(broken.until + 500)
  await assert.rejects(sweep(ground), (error: AggregateError) => error.message.includes(broken.id) && error.errors.length === 1)
  assert.deepEqual(await Promise.all(holds.map(({ id }) => endOf(id))), ['expired', null, 'expired', 'expired', 'expired'])
  ground.clock.now += 1_000
  await assert.rejects(beat(ground), AggregateError)
  const [row] = await ground.db.rows<{ at: number }>(sql`select beat_at as at from seat.heartbeats`)
  assert.equal(row?.at, ground.now())
  await ground.db.rows(sql`update seat.holds set seat_ids = '{2}' where id = ${broken.id}`)
  await sweep(ground)
  assert.equal(await endOf(broken.id), 'expired')
})

test('a hold that a bug keeps from its end keeps no other one of a cancelled show', async () => {
  const showId = await publish()
  const holds = [await ground.held(showId, [1]), await ground.held(showId, [2]), await ground.held(showId, [3])]
  await ground.hear('show.cancelled', showId)
  await ground.db.rows(sql`update seat.holds set seat_ids = '{2, 9}' where id = ${holds[1]?.id}`)
  await assert.rejects(endHoldsOfClosed(ground), AggregateError)
  assert.deepEqual(await Promise.all(holds.map(({ id }) => endOf(id))), ['closed', null, 'closed'])
  await ground.db.rows(sql`update seat.holds set seat_ids = '{2}' where id = ${holds[1]?.id}`)
  await endHoldsOfClosed(ground)
  assert.equal(await endOf(holds[1]?.id ?? ''), 'closed')
})

test('deadlines are lifted in chunks, too', async () => {
  const showId = await ground.publish({ sections: [{ name: 'F', kind: 'standing', grade: 'F', capacity: 1_100 }] })
  await ground.many(Array.from({ length: 1_100 }, (_, i) => ground.wish(showId, [i + 1])))
  ground.clock.now += 400_000
  assert.ok((await afterOutage(ground)) >= 1_100)
  await sweep(ground)
  assert.deepEqual(new Set(await ground.statuses(showId)), new Set([1]))
  await ground.pass(62_000)
})
