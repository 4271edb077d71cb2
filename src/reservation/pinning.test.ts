import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { assertSound, confirm, eventsOf, fee, type Ground, openGround, paymentOf, refusalOf, reserve } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

const total = 200_000 + 2 * fee
const countOf = async (reservationId: string) => {
  const [row] = await ground.db.rows<{ count: number }>(sql`
    select payments_count as count from reservation.reservations where id = ${reservationId}`)
  return row?.count
}

test('pin: pending to paying, answers the sum of the lines and the seats; a repeat answers the same', async () => {
  const made = await reserve(ground, [1, 2])
  const keys = paymentOf(made)
  const pinned = await ground.api.pin(keys)
  assert.deepEqual(pinned, { amount: total, seatIds: [1, 2], showId: made.showId })
  assert.deepEqual(await ground.api.pin(keys), pinned)
  assert.equal(await countOf(made.id), 1)
  const shown = await ground.api.get({ reservationId: made.id, userId: made.userId })
  assert.deepEqual([shown.status, shown.expiresAt], ['paying', null])
})

test('a second payment while one is running is refused, and stays refused after the first one ended', async () => {
  const made = await reserve(ground, [1])
  const [first, second] = [paymentOf(made), paymentOf(made)]
  await ground.api.pin(first)
  assert.equal(await refusalOf(ground.api.pin(second)), 'payment_in_progress')
  await ground.api.unpin(first)
  assert.equal(await refusalOf(ground.api.pin(second)), 'payment_in_progress')
  assert.equal((await ground.api.pin(paymentOf(made))).amount, made.total)
})

test('100 payments pin one reservation at once: one gets it', async () => {
  const made = await reserve(ground, [1])
  const answers = await Promise.allSettled(Array.from({ length: 100 }, () => ground.api.pin(paymentOf(made))))
  assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1)
  for (const answer of answers) if (answer.status === 'rejected') assert.equal(answer.reason.code, 'payment_in_progress')
  assert.equal(await countOf(made.id), 1)
})

test('unpin: paying to pending with its deadline back; repeated it changes nothing, and the pin cannot come back', async () => {
  const made = await reserve(ground, [1])
  const keys = paymentOf(made)
  await ground.api.pin(keys)
  for (let i = 0; i < 2; i++) await ground.api.unpin(keys)
  assert.deepEqual(await ground.api.get({ reservationId: made.id, userId: made.userId }), { ...made, paymentsLeft: 4 })
  assert.equal(await refusalOf(ground.api.pin(keys)), 'payment_undone')
})

test('an unpin that comes before its pin is written, so that the late pin is refused', async () => {
  const made = await reserve(ground, [1])
  const keys = paymentOf(made)
  await ground.api.unpin(keys)
  assert.equal(await refusalOf(ground.api.pin(keys)), 'payment_undone')
  assert.equal((await ground.api.get({ reservationId: made.id, userId: made.userId })).status, 'pending')
  await ground.api.unpin({ ...keys, paymentId: randomUUID(), reservationId: randomUUID() })
})

test('unpin by another payment leaves the running one alone', async () => {
  const made = await reserve(ground, [1])
  const keys = paymentOf(made)
  await ground.api.pin(keys)
  await ground.api.unpin(paymentOf(made))
  assert.equal((await ground.api.get({ reservationId: made.id, userId: made.userId })).status, 'paying')
})

test('a reservation takes at most five payments', async () => {
  const made = await reserve(ground, [1])
  for (let i = 0; i < 5; i++) {
    const keys = paymentOf(made)
    await ground.api.pin(keys)
    await ground.api.unpin(keys)
  }
  assert.equal(await refusalOf(ground.api.pin(paymentOf(made))), 'payment_attempts_used')
})

test('confirm: paying to confirmed with its event; repeated it answers done, once more after a cancellation', async () => {
  const made = await reserve(ground, [1, 2])
  const keys = paymentOf(made)
  await ground.api.pin(keys)
  for (let i = 0; i < 2; i++) await ground.api.confirm({ ...keys, paidAmount: total })
  const own = { reservationId: made.id, userId: made.userId }
  assert.equal((await ground.api.get(own)).status, 'confirmed')
  assert.deepEqual(await eventsOf(ground.db, made.id), [{
    name: 'reservation.confirmed', version: 1,
    data: { ...own, showId: made.showId, seatIds: [1, 2], amount: total, paymentId: keys.paymentId },
  }])
  await ground.api.cancel({ ...own, cancellationId: randomUUID(), reason: 'cancelled' })
  await ground.api.confirm({ ...keys, paidAmount: total })
  assert.equal((await ground.api.get(own)).status, 'cancelled')
  assert.equal((await eventsOf(ground.db, made.id)).length, 2)
  assert.equal((await ground.api.pin(keys)).amount, total)
})

test('a confirmed reservation takes no further payment', async () => {
  const { made } = await confirm(ground, [1])
  assert.equal(await refusalOf(ground.api.pin(paymentOf(made))), 'already_paid')
})

test('confirming what was not pinned, was undone or costs something else is a bug, and hurts nobody beside it', async () => {
  const [made, undone, other] = [await reserve(ground, [1]), await reserve(ground, [2]), await reserve(ground, [3])]
  const [good, gone, wrong] = [paymentOf(made), paymentOf(undone), paymentOf(other)]
  for (const keys of [good, gone, wrong]) await ground.api.pin(keys)
  await ground.api.unpin(gone)
  const [a, b, c, d] = await Promise.allSettled([
    ground.api.confirm({ ...gone, paidAmount: undone.total }),
    ground.api.confirm({ ...good, paidAmount: made.total }),
    ground.api.confirm({ ...wrong, paidAmount: other.total - 1 }),
    ground.api.confirm({ ...paymentOf(made), paidAmount: made.total }),
  ])
  assert.deepEqual([a, b, c, d].map((answer) => answer?.status), ['rejected', 'fulfilled', 'rejected', 'rejected'])
  for (const bug of [a, c, d]) assert.equal(bug?.status === 'rejected' && bug.reason.name, 'AssertionError')
  await assert.rejects(ground.api.unpin(good), { name: 'AssertionError' })
  await ground.api.unpin(wrong)
})

test('one seat is sold once even if seat had given it to two: the second confirm fails on the constraint', async () => {
  const showId = randomUUID()
  await confirm(ground, [7], { showId })
  const made = await reserve(ground, [7], { showId })
  const fine = await reserve(ground, [8], { showId })
  const [keys, beside] = [paymentOf(made), paymentOf(fine)]
  await ground.api.pin(keys)
  await ground.api.pin(beside)
  const [bad, good] = await Promise.allSettled([
    ground.api.confirm({ ...keys, paidAmount: made.total }), ground.api.confirm({ ...beside, paidAmount: fine.total }),
  ])
  assert(bad?.status === 'rejected' && /lines_sold_once/.test(String(bad.reason)))
  assert.equal(good?.status, 'fulfilled')
  await ground.api.unpin(keys)
})

test('a payment id of one reservation cannot be used for another', async () => {
  const userId = randomUUID()
  const [one, two] = [await reserve(ground, [1], { userId }), await reserve(ground, [2], { userId })]
  const keys = paymentOf(one)
  await ground.api.pin(keys)
  const other = { ...keys, reservationId: two.id }
  const calls = [() => ground.api.pin(other), () => ground.api.unpin(other), () => ground.api.confirm({ ...other, paidAmount: two.total })]
  for (const call of calls) assert.equal(await refusalOf(call()), 'idempotency_conflict')
  assert.equal((await ground.api.get({ reservationId: two.id, userId })).status, 'pending')
})

test('holds that end while a payment is being undone end the reservation with the undo', async () => {
  const made = await reserve(ground, [1])
  const keys = paymentOf(made)
  const own = { reservationId: made.id, userId: made.userId }
  await ground.api.pin(keys)
  await ground.hear('seat.hold_ended', { ...own, showId: made.showId, reason: 'expired' })
  assert.equal((await ground.api.get(own)).status, 'paying')
  await ground.api.unpin(keys)
  assert.deepEqual([(await ground.api.get(own)).status, (await ground.api.get(own)).total], ['expired', 0])
  assert.deepEqual((await eventsOf(ground.db, made.id)).map((e) => e.name), ['reservation.expired'])
})
