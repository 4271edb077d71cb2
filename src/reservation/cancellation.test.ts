import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { assertSound, confirm, cutoffAt, eventsOf, fee, fullRefusalOf, type Ground, openGround, paymentOf, refusalOf, reserve, startedAt } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(async () => {
  ground.clock.ms = startedAt
  await assertSound(ground)
  await ground.close()
})

const cancel = (own: { reservationId: string; userId: string }, seatIds?: number[], cancellationId = randomUUID()) =>
  ground.api.cancel({ ...own, cancellationId, reason: 'cancelled', ...(seatIds && { seatIds }) })
const ownOf = (made: { id: string; userId: string }) => ({ reservationId: made.id, userId: made.userId })
const releaseDue = async (id: string) => {
  const [row] = await ground.db.rows<{ due: boolean }>(sql`
    select release_at is not null as due from reservation.reservations where id = ${id}`)
  return row?.due
}

test('a pending reservation ends at once, gives its seats back and refunds nothing (B4)', async () => {
  const made = await reserve(ground, [1, 2])
  const cancelled = await cancel(ownOf(made))
  assert.equal(cancelled.refund, 0)
  assert.deepEqual([cancelled.reservation.status, cancelled.reservation.total], ['cancelled', 0])
  const holdIds = ground.seat.bound.get(made.id)?.holdIds
  assert(holdIds?.includes(ground.seat.released.at(-1) ?? ''))
  assert.equal(await releaseDue(made.id), false)
  const [event] = await eventsOf(ground.db, made.id)
  assert.deepEqual([event?.name, event?.data.refund, event?.data.paymentId], ['reservation.cancelled', 0, null])
})

test('cancelling again with the same key answers the same, with another key it has ended (B6)', async () => {
  const made = await reserve(ground, [1])
  const key = randomUUID()
  const first = await cancel(ownOf(made), undefined, key)
  assert.deepEqual(await cancel(ownOf(made), undefined, key), first)
  assert.equal(await refusalOf(cancel(ownOf(made))), 'reservation_ended')
  assert.equal((await eventsOf(ground.db, made.id)).length, 1)
})

test('a release that seat did not answer, or refuses while a payment lets go, is finished by the job', async () => {
  for (const failure of [new UnknownOutcome('lost'), new Refusal('payment_in_progress'), new Refusal('overloaded')]) {
    const made = await reserve(ground, [1])
    const { release } = ground.seat.api
    ground.seat.api.release = async () => {
      throw failure
    }
    assert.equal((await cancel(ownOf(made))).reservation.status, 'cancelled')
    assert.equal(await releaseDue(made.id), true)
    ground.clock.ms += 2_500
    await ground.runJobs()
    assert.equal(await releaseDue(made.id), true)
    ground.seat.api.release = release
    ground.clock.ms += 2_500
    await ground.start().runJobs()
    assert.equal(await releaseDue(made.id), false)
    assert(ground.seat.released.includes(ground.seat.bound.get(made.id)?.holdIds[0] ?? ''))
  }
})

test('a crash between the cancellation and the release is finished by the job', async () => {
  const made = await reserve(ground, [1])
  const { release } = ground.seat.api
  ground.seat.api.release = async () => {
    throw new Error('crashed')
  }
  await assert.rejects(cancel(ownOf(made)), /crashed/)
  ground.seat.api.release = release
  ground.clock.ms += 2_500
  await ground.runJobs()
  assert.equal(await releaseDue(made.id), false)
})

test('the end that seat tells of makes a release of its own needless', async () => {
  const made = await reserve(ground, [1])
  const { release } = ground.seat.api
  ground.seat.api.release = async () => {
    throw new UnknownOutcome('lost')
  }
  await cancel(ownOf(made))
  ground.seat.api.release = release
  await ground.hear('seat.hold_ended', { ...ownOf(made), showId: made.showId, reason: 'released' })
  assert.equal(await releaseDue(made.id), false)
  assert.equal((await eventsOf(ground.db, made.id)).length, 1)
})

test('cancel while paying is refused and changes nothing', async () => {
  const made = await reserve(ground, [1])
  await ground.api.pin(paymentOf(made))
  assert.equal(await refusalOf(cancel(ownOf(made))), 'payment_in_progress')
  assert.equal(await refusalOf(cancel(ownOf(made), [1])), 'payment_in_progress')
  assert.equal((await ground.api.get(ownOf(made))).status, 'paying')
})

test('single lines of an unpaid reservation are not cancelled', async () => {
  assert.equal(await refusalOf(cancel(ownOf(await reserve(ground, [1, 2])), [1])), 'not_confirmed')
})

test('a line ends once: its refund is its price and fee, the rest stays', async () => {
  const { own, keys, made } = await confirm(ground, [1, 2])
  const key = randomUUID()
  const cancelled = await cancel(own, [2], key)
  assert.deepEqual([cancelled.seatIds, cancelled.refund], [[2], 90_000 + fee])
  assert.deepEqual([cancelled.reservation.status, cancelled.reservation.total], ['confirmed', 110_000 + fee])
  assert.deepEqual((await eventsOf(ground.db, made.id)).at(-1), {
    name: 'reservation.cancelled', version: 2,
    data: {
      cancellationId: key, ...own, showId: made.showId, seatIds: [2], refund: 90_000 + fee, paymentId: keys.paymentId, reason: 'cancelled',
    },
  })
})

test('two tabs with two keys on the same seat: the second is told that it was cancelled', async () => {
  const { own } = await confirm(ground, [1, 2])
  const answers = await Promise.allSettled([cancel(own, [1]), cancel(own, [1]), cancel(own, [2, 1])])
  assert.deepEqual(answers.map((a) => a.status), ['fulfilled', 'rejected', 'rejected'])
  const refusal = await fullRefusalOf(cancel(own, [1, 2]))
  assert.deepEqual([refusal.code, refusal.params], ['line_cancelled', { seatIds: [1] }])
  assert.equal((await ground.api.get(own)).total, 90_000 + fee)
})

test('the same key repeats its answer, after the reservation moved on too; another body is a conflict', async () => {
  const { own } = await confirm(ground, [1, 2])
  const key = randomUUID()
  const first = await cancel(own, [1], key)
  await cancel(own, [2])
  const again = await cancel(own, [1], key)
  assert.deepEqual([again.seatIds, again.refund, again.reservation.status], [first.seatIds, first.refund, 'cancelled'])
  assert.equal(await refusalOf(cancel(own, [2], key)), 'idempotency_conflict')
})

test('with the last line the reservation is cancelled (B16); all refunds together are what was paid', async () => {
  const { own, made } = await confirm(ground, [1, 2, 3])
  const refunds = [await cancel(own, [2]), await cancel(own, [1, 3])]
  assert.equal(refunds.reduce((sum, { refund }) => sum + refund, 0), made.total)
  assert.equal((await ground.api.get(own)).status, 'cancelled')
  assert.equal(await refusalOf(cancel(own, [1])), 'line_cancelled')
  assert.equal(await refusalOf(cancel(own)), 'reservation_ended')
})

test('a whole cancellation of a partly cancelled reservation refunds what is left', async () => {
  const { own } = await confirm(ground, [1, 2])
  await cancel(own, [1])
  const rest = await cancel(own)
  assert.deepEqual([rest.seatIds, rest.refund, rest.reservation.status], [[2], 90_000 + fee, 'cancelled'])
})

test('a hundred tabs cancel one reservation at once: one refund', async () => {
  const { own, made } = await confirm(ground, [1, 2])
  const answers = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => cancel(own, i % 2 ? [1, 2] : undefined)))
  const refunds = answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value.refund] : []))
  assert.deepEqual(refunds, [made.total])
})

test('a seat that is not part of the reservation is refused (B6)', async () => {
  const { own } = await confirm(ground, [1])
  assert.equal(await refusalOf(cancel(own, [99])), 'line_unknown')
  assert.equal(await refusalOf(cancel(own, [1, 99])), 'line_unknown')
  assert.equal((await ground.api.get(own)).total, 110_000 + fee)
})

test('after the cutoff a buyer cannot cancel; the policy is the one of the day of the reservation', async () => {
  const showId = randomUUID()
  const { own } = await confirm(ground, [1, 2], { showId })
  ground.shows.set(showId, { policy: { version: 4, cutoffMinutesBeforeStart: 0 } })
  const before = ground.clock.ms
  ground.clock.ms = cutoffAt - 1
  await cancel(own, [1])
  ground.clock.ms = cutoffAt
  assert.equal(await refusalOf(cancel(own, [2])), 'cancellation_closed')
  assert.equal(await refusalOf(cancel(own)), 'cancellation_closed')
  ground.clock.ms = before
})

test('an organiser refunds lines of the show after the cutoff, once, with an audit row', async () => {
  const { own, made } = await confirm(ground, [1, 2])
  const by = randomUUID()
  const input = { cancellationId: randomUUID(), showId: made.showId, reservationId: made.id, by, seatIds: [1], reason: 'broken seat' }
  const before = ground.clock.ms
  ground.clock.ms = cutoffAt + 1
  assert.equal(await refusalOf(ground.api.refund({ ...input, showId: randomUUID() })), 'reservation_unknown')
  const refunded = await ground.api.refund(input)
  assert.deepEqual([refunded.refund, refunded.reservation.status], [110_000 + fee, 'confirmed'])
  assert.equal((await ground.api.refund(input)).refund, refunded.refund)
  assert.equal(await refusalOf(ground.api.refund({ ...input, cancellationId: randomUUID() })), 'line_cancelled')
  ground.clock.ms = before
  const audits = await ground.db.rows<{ actor: string; action: string; after: { refund: number; reason: string } }>(sql`
    select actor, action, after from reservation.audit where target = ${own.reservationId}`)
  assert.deepEqual(audits.map((a) => [a.actor, a.action, a.after.refund, a.after.reason]), [[by, 'reservation.refund', refunded.refund, 'broken seat']])
})
