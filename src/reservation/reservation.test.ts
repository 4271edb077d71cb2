import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { namedId } from '../platform/identity.ts'
import { isNumber } from './number.ts'
import { assertSound, confirm, eventsOf, fee, type Ground, openGround, paymentOf, refusalOf, reserve, showStartsAt, startedAt } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

test('a reservation takes its prices from the show, a line a seat, and shows the one deadline of seat', async () => {
  const userId = randomUUID()
  const holdId = ground.seat.hold(userId, randomUUID(), [1, 2, 3])
  const made = await ground.api.create({ userId, holdIds: [holdId], priceTypes: [{ seatId: 3, priceType: 'student' }] })
  assert.equal(made.status, 'pending')
  assert.deepEqual(made.lines.map((l) => [l.seatId, l.priceType, l.price, l.fee, l.status]), [
    [1, 'default', 110_000, fee, 'active'], [2, 'default', 90_000, fee, 'active'], [3, 'student', 70_000, fee, 'active'],
  ])
  assert.equal(made.total, 270_000 + 3 * fee)
  assert.equal(made.expiresAt, startedAt + 300_000)
  assert(isNumber(made.number))
  assert.deepEqual(await ground.api.get({ reservationId: made.id, userId }), made)
})

test('several holds become one reservation, named by its sorted holds when no key is given', async () => {
  const [userId, showId] = [randomUUID(), randomUUID()]
  const holdIds = [ground.seat.hold(userId, showId, [1]), ground.seat.hold(userId, showId, [2])]
  const made = await ground.api.create({ userId, holdIds })
  assert.equal(made.id, namedId('reservation', ...holdIds.toSorted()))
  assert.deepEqual(await ground.api.create({ userId, holdIds: holdIds.toReversed() }), made)
})

test('the same key gives the same reservation, another body under it is a conflict', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()]
  const holdIds = [ground.seat.hold(userId, randomUUID(), [1])]
  const made = await ground.api.create({ reservationId, userId, holdIds })
  assert.equal(made.id, reservationId)
  assert.deepEqual(await ground.api.create({ reservationId, userId, holdIds }), made)
  const other = { reservationId, userId, holdIds, priceTypes: [{ seatId: 1, priceType: 'student' }] }
  assert.equal(await refusalOf(ground.api.create(other)), 'idempotency_conflict')
})

test('reserving a reserved hold under another key gives the reservation that is there', async () => {
  const userId = randomUUID()
  const holdIds = [ground.seat.hold(userId, randomUUID(), [1])]
  const made = await ground.api.create({ reservationId: randomUUID(), userId, holdIds })
  assert.deepEqual(await ground.api.create({ reservationId: randomUUID(), userId, holdIds }), made)
})

test('the same reservation asked for 50 times at once is one row', async () => {
  const userId = randomUUID()
  const holdIds = [ground.seat.hold(userId, randomUUID(), [1, 2])]
  const all = await Promise.all(Array.from({ length: 50 }, () => ground.api.create({ userId, holdIds })))
  assert.equal(new Set(all.map((made) => JSON.stringify(made))).size, 1)
})

test('a repeat whose holds have ended since still finds its reservation, as it stands now', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()]
  const holdIds = [ground.seat.hold(userId, randomUUID(), [1])]
  const made = await ground.api.create({ reservationId, userId, holdIds })
  await ground.api.cancel({ cancellationId: randomUUID(), reservationId, userId, reason: 'cancelled' })
  const again = await ground.api.create({ reservationId, userId, holdIds })
  assert.deepEqual([again.number, again.status], [made.number, 'cancelled'])
})

test('a reservation without holds of the buyer is refused and creates nothing', async () => {
  const userId = randomUUID()
  const foreign = ground.seat.hold(randomUUID(), randomUUID(), [1])
  assert.equal(await refusalOf(ground.api.create({ userId, holdIds: [foreign] })), 'hold_unknown')
  assert.equal(await refusalOf(ground.api.create({ userId, holdIds: [randomUUID()] })), 'hold_unknown')
  assert.deepEqual((await ground.api.list({ userId, limit: 10 })).reservations, [])
})

test('an unknown price type and a price type for a seat not held are refused', async () => {
  const userId = randomUUID()
  const holdIds = [ground.seat.hold(userId, randomUUID(), [1])]
  const create = (seatId: number, priceType: string) => ground.api.create({ userId, holdIds, priceTypes: [{ seatId, priceType }] })
  assert.equal(await refusalOf(create(1, 'senior')), 'price_type_unknown')
  assert.equal(await refusalOf(create(2, 'default')), 'price_type_unknown')
})

test('seats of another plan version than the show sells are refused; a new version is read anew', async () => {
  const [userId, showId] = [randomUUID(), randomUUID()]
  const old = ground.seat.hold(userId, showId, [1], 1)
  await ground.api.create({ userId, holdIds: [old] })
  ground.shows.set(showId, { planVersion: 2 })
  const fresh = await ground.api.create({ userId, holdIds: [ground.seat.hold(userId, showId, [2], 2)] })
  assert.equal(fresh.status, 'pending')
  const holdIds = [ground.seat.hold(userId, showId, [3], 1)]
  assert.equal(await refusalOf(ground.api.create({ userId, holdIds })), 'show_closed')
})

test('a rush on one show asks for its prices once', async () => {
  const showId = randomUUID()
  const before = ground.asked.shows
  await Promise.all(Array.from({ length: 100 }, (_, i) => reserve(ground, [i + 1], { showId })))
  assert.equal(ground.asked.shows - before, 1)
})

test('a number that is taken already is drawn again, alone and within a batch', async () => {
  // every reservation draws seven characters: the first three draws are the same number
  const drawn = [...Array(21).fill(0.5), ...Array.from({ length: 14 }, (_, i) => i / 14)]
  ground.chance.random = () => drawn.shift() ?? Math.random()
  const first = await reserve(ground, [1])
  const others = await Promise.all([reserve(ground, [1]), reserve(ground, [1])])
  ground.chance.random = Math.random
  const numbers = [first, ...others].map((made) => made.number)
  assert.equal(numbers[0]?.slice(0, 7), 'GGGGGGG')
  assert.equal(new Set(numbers).size, 3)
})

test('another buyer sees nothing of a reservation: unknown, as if it were not there', async () => {
  const made = await reserve(ground, [1])
  const foreign = { reservationId: made.id, userId: randomUUID() }
  assert.equal(await refusalOf(ground.api.get(foreign)), 'reservation_unknown')
  assert.equal(await refusalOf(ground.api.pin({ ...foreign, paymentId: randomUUID() })), 'reservation_unknown')
  assert.equal(await refusalOf(ground.api.cancel({ ...foreign, cancellationId: randomUUID(), reason: 'x' })), 'reservation_unknown')
  assert.equal(await refusalOf(ground.api.get({ ...foreign, reservationId: randomUUID() })), 'reservation_unknown')
})

test('lists go newest first, page by page, and only through one\'s own', async () => {
  const userId = randomUUID()
  const ids: string[] = []
  for (let i = 0; i < 5; i++) {
    ground.clock.ms += 1
    ids.unshift((await reserve(ground, [1], { userId })).id)
  }
  const first = (await ground.api.list({ userId, limit: 2 })).reservations
  const last = first.at(-1)
  assert(last)
  const rest = (await ground.api.list({ userId, limit: 10, before: { createdAt: last.createdAt, id: last.id } })).reservations
  assert.deepEqual([...first, ...rest].map((r) => r.id), ids)
  assert(rest.every((r) => r.expiresAt !== null))
})

test('pending ends with its holds: expired when time ran out, cancelled when the buyer let go', async () => {
  for (const [reason, status, event] of [
    ['expired', 'expired', 'reservation.expired'], ['closed', 'expired', 'reservation.expired'],
    ['released', 'cancelled', 'reservation.cancelled'], ['swapped', 'cancelled', 'reservation.cancelled'],
  ] as const) {
    const made = await reserve(ground, [1, 2])
    const { id: reservationId, userId, showId } = made
    await ground.hear('seat.hold_ended', { reservationId, userId, showId, reason })
    const ended = await ground.api.get({ reservationId, userId })
    assert.deepEqual([ended.status, ended.endedReason, ended.total, ended.expiresAt], [status, reason, 0, null])
    assert.deepEqual((await eventsOf(ground.db, reservationId)).map((e) => [e.name, e.version]), [[event, 1]])
    await ground.hear('seat.hold_ended', { reservationId, userId, showId, reason })
    assert.equal((await eventsOf(ground.db, reservationId)).length, 1)
    assert.equal(await refusalOf(ground.api.pin(paymentOf(made))), 'reservation_ended')
    assert.equal(await refusalOf(ground.api.cancel({ cancellationId: randomUUID(), reservationId, userId, reason: 'x' })), 'reservation_ended')
  }
})

test('the end of a hold that comes before its reservation is found by the late create', async () => {
  const [userId, showId, reservationId] = [randomUUID(), randomUUID(), randomUUID()]
  const holdIds = [ground.seat.hold(userId, showId, [1])]
  await ground.hear('seat.hold_ended', { reservationId, userId, showId, reason: 'expired' })
  assert.equal(await refusalOf(ground.api.create({ reservationId, userId, holdIds })), 'reservation_ended')
  assert.equal(await refusalOf(ground.api.get({ reservationId, userId })), 'reservation_unknown')
  assert.deepEqual((await ground.api.list({ userId, limit: 5 })).reservations, [])
  assert.deepEqual(await eventsOf(ground.db, reservationId), [])
})

test('a hold that was sold ends no reservation', async () => {
  const { own, made } = await confirm(ground, [1])
  await ground.hear('seat.hold_ended', { ...own, showId: made.showId, reason: 'sold' })
  assert.equal((await ground.api.get(own)).status, 'confirmed')
})

test('the story tells what happened to a user\'s reservations of a show', async () => {
  const showId = randomUUID()
  const { own } = await confirm(ground, [1, 2], { showId })
  ground.clock.ms += 1_000
  await ground.api.cancel({ ...own, cancellationId: randomUUID(), seatIds: [1], reason: 'cancelled' })
  const { steps } = await ground.api.story({ userId: own.userId, showId })
  assert.deepEqual(steps.map((step) => step.what), ['reserved', 'confirmed', 'seats_cancelled'])
  assert(steps.every((step) => step.at <= ground.clock.ms && step.at < showStartsAt))
})
