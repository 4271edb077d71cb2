import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { isRefusal, type Answer } from '../platform/outcome.ts'
import { seatChecks } from './checks.ts'
import { pinMany, sellMany, unpinMany } from './pin.ts'
import { day, endHold, type Ground, holdRow, openGround, type Planted, plantHold, quotaRow } from './planting.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())

const paymentOf = ({ reservationId, userId }: Planted, paymentId: string = randomUUID()) => ({ paymentId, reservationId, userId })
const codeOf = (answer: Answer<unknown> | undefined) => (isRefusal(answer) ? answer.code : answer)
async function pin(payment: { paymentId: string; reservationId: string; userId: string }) {
  return codeOf((await pinMany(ground, [payment]))[0])
}
async function unpin(payment: { paymentId: string; reservationId: string; userId: string }) {
  return codeOf((await unpinMany(ground, [payment]))[0])
}
async function assertSound() {
  for (const check of seatChecks) assert.deepEqual(await ground.db.rows(check.query(ground.now())), [], check.name)
}

test('pin takes all seats of all holds of a reservation and leaves their until as it is', async () => {
  const showId = await ground.publish()
  const first = await plantHold(ground, showId, [1, 2])
  const second = await plantHold(ground, showId, [4], { userId: first.userId, reservationId: first.reservationId })
  const payment = paymentOf(first)
  const { until } = await holdRow(ground.db, first.holdId)
  assert.deepEqual(await pin(payment), { showId, seatIds: [1, 2, 4], until })
  assert.deepEqual(await ground.statuses(showId), [2, 2, 0, 2, 0, 0])
  for (const { holdId } of [first, second]) {
    assert.deepEqual(await holdRow(ground.db, holdId), { until, pinnedBy: payment.paymentId, endedReason: null })
  }
  await assertSound()
})

test('a repeated pin gives the same answer, also after the sale', async () => {
  const showId = await ground.publish()
  const payment = paymentOf(await plantHold(ground, showId, [1, 2]))
  const once = await pin(payment)
  assert.deepEqual(await pin(payment), once)
  await sellMany(ground, [payment])
  assert.deepEqual(await pin(payment), once)
})

test('the same pin twice in one batch is one pin', async () => {
  const showId = await ground.publish()
  const payment = paymentOf(await plantHold(ground, showId, [1]))
  const [a, b] = await pinMany(ground, [payment, { ...payment }])
  assert.deepEqual(a, b)
  assert.equal(isRefusal(a), false)
})

test('two payments of one reservation in one batch: the first pins, the other is told that a payment runs', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  const answers = await pinMany(ground, [paymentOf(hold), paymentOf(hold)])
  assert.equal(isRefusal(answers[0]), false)
  assert.equal(codeOf(answers[1]), 'payment_in_progress')
  await assertSound()
})

test('a pinned reservation refuses another payment, and that refusal is final', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  const [first, second] = [paymentOf(hold), paymentOf(hold)]
  await pin(first)
  assert.equal(await pin(second), 'payment_in_progress')
  await unpin(first)
  assert.equal(await pin(second), 'payment_in_progress')
  assert.equal(isRefusal((await pinMany(ground, [paymentOf(hold)]))[0]), false)
})

test('a sold reservation refuses another payment', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  const payment = paymentOf(hold)
  await pin(payment)
  await sellMany(ground, [payment])
  assert.equal(await pin(paymentOf(hold)), 'payment_in_progress')
})

test('pin needs until > now: at its until a hold is expired although nothing swept it, and stays refused', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1], { until: ground.now() })
  const payment = paymentOf(hold)
  assert.equal(await pin(payment), 'hold_expired')
  await ground.db.rows(sql`update seat.holds set until = until + interval '1 hour' where id = ${hold.holdId}`)
  assert.equal(await pin(payment), 'hold_expired')
  assert.deepEqual(await ground.statuses(showId), [1, 0, 0, 0, 0, 0])
  assert.equal(isRefusal((await pinMany(ground, [paymentOf(hold)]))[0]), false)
})

test('while a show is paused its clocks stand still for who pays, too: what ran out in the pause is pinned, what ran out before is not', async () => {
  const showId = await ground.publish()
  const over = await plantHold(ground, showId, [1], { until: ground.now() })
  const running = await plantHold(ground, showId, [2], { until: ground.now() + 1_000 })
  await ground.hear('show.paused', showId)
  ground.clock.now += 5_000
  assert.equal(await pin(paymentOf(over)), 'hold_expired')
  assert.equal(isRefusal((await pinMany(ground, [paymentOf(running)]))[0]), false)
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [1, 2])
})

test('one ended hold of a reservation, or a missing one, refuses the whole pin', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  const ended = await plantHold(ground, showId, [2], { userId: hold.userId, reservationId: hold.reservationId })
  await endHold(ground, ended)
  assert.equal(await pin(paymentOf(hold)), 'hold_expired')
  assert.equal(await pin({ paymentId: randomUUID(), reservationId: randomUUID(), userId: hold.userId }), 'hold_expired')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [1, 0])
})

test('fewer seats than bound: nothing is pinned', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1, 2])
  await ground.db.rows(sql`update seat.seats set status = 0, hold_id = null where show_id = ${showId} and id = 2`)
  assert.equal(await pin(paymentOf(hold)), 'hold_expired')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [1, 0])
  await ground.db.rows(sql`update seat.seats set status = 1, hold_id = ${hold.holdId} where show_id = ${showId} and id = 2`)
})

test("another user's reservation cannot be pinned", async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  assert.equal(await pin({ ...paymentOf(hold), userId: randomUUID() }), 'hold_expired')
})

test('a payment id with another reservation is a conflict, not an answer', async () => {
  const showId = await ground.publish()
  const [a, b] = [await plantHold(ground, showId, [1]), await plantHold(ground, showId, [2])]
  const payment = paymentOf(a)
  await pin(payment)
  assert.equal(await pin(paymentOf(b, payment.paymentId)), 'idempotency_conflict')
  assert.equal(await unpin(paymentOf(b, payment.paymentId)), 'idempotency_conflict')
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [2, 1])
})

test('a closed show refuses to pin and the batch beside it goes on', async () => {
  const [closed, open] = [await ground.publish(), await ground.publish()]
  const [a, b] = [await plantHold(ground, closed, [1]), await plantHold(ground, open, [1])]
  await ground.hear('show.cancelled', closed)
  const answers = await pinMany(ground, [paymentOf(a), paymentOf(b)])
  assert.equal(codeOf(answers[0]), 'show_closed')
  assert.equal(isRefusal(answers[1]), false)
  assert.deepEqual([(await ground.statuses(closed))[0], (await ground.statuses(open))[0]], [1, 2])
})

test('an undo that comes before its pin is final: the pin then finds payment_undone', async () => {
  const showId = await ground.publish()
  const payment = paymentOf(await plantHold(ground, showId, [1]))
  assert.deepEqual(await unpin(payment), { outcome: 'unpinned' })
  assert.equal(await pin(payment), 'payment_undone')
  assert.deepEqual((await ground.statuses(showId))[0], 1)
})

test('unpin holds the seats again for at least two minutes and repeats the same', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1, 2], { until: ground.now() + 1_000 })
  const payment = paymentOf(hold)
  await pin(payment)
  ground.clock.now += 60_000
  assert.deepEqual(await unpin(payment), { outcome: 'unpinned' })
  const expected = { until: ground.now() + 120_000, pinnedBy: null, endedReason: null }
  assert.deepEqual(await holdRow(ground.db, hold.holdId), expected)
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [1, 1])
  ground.clock.now += 30_000
  assert.deepEqual(await unpin(payment), { outcome: 'unpinned' })
  assert.deepEqual(await holdRow(ground.db, hold.holdId), expected)
  await assertSound()
})

test('unpin never brings a later deadline nearer', async () => {
  const showId = await ground.publish()
  const until = ground.now() + 900_000
  const hold = await plantHold(ground, showId, [1], { until })
  const payment = paymentOf(hold)
  await pin(payment)
  await unpin(payment)
  assert.equal((await holdRow(ground.db, hold.holdId)).until, until)
})

test('sell turns pinned into sold, ends the holds, keeps the quota, and repeats the same', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [2, 1])
  const payment = paymentOf(hold)
  await pin(payment)
  assert.deepEqual(await sellMany(ground, [payment, payment]), [{ seatIds: [1, 2] }, { seatIds: [1, 2] }])
  assert.deepEqual(await sellMany(ground, [payment]), [{ seatIds: [1, 2] }])
  assert.deepEqual(await ground.statuses(showId), [3, 3, 0, 0, 0, 0])
  assert.equal((await holdRow(ground.db, hold.holdId)).endedReason, 'sold')
  assert.equal((await quotaRow(ground.db, hold))?.seats, 2)
  assert.deepEqual(await unpin(payment), { outcome: 'sold' })
  await assertSound()
})

test('a pin outlives its until, and is sold after the show was cancelled: no clock and no news touches it', async () => {
  const showId = await ground.publish()
  const payment = paymentOf(await plantHold(ground, showId, [1]))
  await pin(payment)
  ground.clock.now += day
  await ground.hear('show.cancelled', showId)
  assert.deepEqual(await sellMany(ground, [payment]), [{ seatIds: [1] }])
  assert.equal((await ground.statuses(showId))[0], 3)
})

test('selling what is not pinned is a bug of the caller and spares the payments beside it', async () => {
  const showId = await ground.publish()
  const [a, b] = [await plantHold(ground, showId, [1]), await plantHold(ground, showId, [2])]
  const [undone, sound] = [paymentOf(a), paymentOf(b)]
  await pinMany(ground, [undone, sound])
  await unpin(undone)
  const [unknown, unpinned, sold] = await sellMany(ground, [{ ...undone, paymentId: randomUUID() }, undone, sound])
  assert(unknown instanceof assert.AssertionError && unpinned instanceof assert.AssertionError)
  assert.deepEqual(sold, { seatIds: [2] })
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [1, 3])
})

test('pin and unpin of one payment at the same time end in one state that both answers name', async () => {
  for (let round = 0; round < 10; round++) {
    const showId = await ground.publish()
    const payment = paymentOf(await plantHold(ground, showId, [1]))
    const [pinned] = await Promise.all([pin(payment), unpin(payment)])
    assert.equal((await ground.statuses(showId))[0], 1)
    if (pinned !== 'payment_undone') assert.equal(await pin(payment), 'payment_undone')
  }
  await assertSound()
})

test('each batch bumps the version of a show once, and copies follow after the commit', async () => {
  const showId = await ground.publish()
  const [a, b] = [await plantHold(ground, showId, [1]), await plantHold(ground, showId, [2])]
  const picture = await ground.pictures.of(showId)
  const before = picture.version
  await pinMany(ground, [paymentOf(a), paymentOf(b)])
  assert.equal(picture.version, before + 1)
  assert.deepEqual([...picture.states].slice(0, 3), [2, 2, 0])
})

test('pins, undos, sales, cancellations and a closing door at the same time leave every seat in one sound state', async () => {
  const floor = { sections: [{ name: 'Floor', kind: 'standing' as const, grade: 'S', capacity: 60 }] }
  const showIds = [await ground.publish(floor), await ground.publish(floor)]
  const holds: Planted[] = []
  for (const showId of showIds)
    for (let seat = 1; seat < 60; seat += 3) holds.push(await plantHold(ground, showId, [seat, seat + 2]))
  const payments = holds.flatMap((hold) => [paymentOf(hold), paymentOf(hold)])
  const chunk = (from: number, step: number) => payments.filter((_, index) => index % step === from)
  const backwards = (from: number, step: number) => chunk(from, step).reverse()
  const pins = await Promise.all([
    pinMany(ground, chunk(0, 2)), pinMany(ground, backwards(1, 2)), unpinMany(ground, backwards(0, 5)),
    pinMany(ground, backwards(0, 3)), unpinMany(ground, chunk(1, 7)), ground.hear('show.cancelled', showIds[1] ?? ''),
  ])
  assert(pins.flat().every((answer) => !(answer instanceof Error) || isRefusal(answer)))
  const running = await ground.db.rows<{ paymentId: string; reservationId: string; userId: string; showId: string; seatIds: number[] }>(sql`
    select payment_id as "paymentId", reservation_id as "reservationId", user_id as "userId", show_id as "showId",
      seat_ids as "seatIds" from seat.pins where status = 'pinned' and show_id = any(${showIds}::uuid[])`)
  assert(running.length > 0)
  const half = running.slice(0, running.length >> 1).map(({ paymentId, reservationId, userId }) => ({ paymentId, reservationId, userId }))
  const [undone, sold] = await Promise.all([
    unpinMany(ground, half.toReversed()), sellMany(ground, running), pinMany(ground, payments),
  ])
  for (const [index, payment] of half.entries()) {
    const undo = undone.toReversed()[index]
    const isSold = !(sold[index] instanceof Error)
    assert.deepEqual(undo, { outcome: isSold ? 'sold' : 'unpinned' }, payment.paymentId)
  }
  const bought = running.filter((_, index) => !(sold[index] instanceof Error))
  await Promise.all(bought.map(({ reservationId, userId, showId, seatIds }) =>
    ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: seatIds.slice(0, 1) })))
  await assertSound()
  const counts = (await Promise.all(showIds.map((showId) => ground.statuses(showId)))).flat()
  assert.equal(counts.filter((status) => status === 3).length, bought.length)
})

test('a show that closes while its seats are being pinned refuses the pin, and none of it stays', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1, 2])
  const [isLocked, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const closing = ground.db.transaction(async (tx) => {
    await tx.rows(sql`update seat.shows set status = 'closed', version = version + 1 where show_id = ${showId}`)
    isLocked.resolve()
    await mayCommit.promise
  })
  await isLocked.promise
  const pinned = pin(paymentOf(hold))
  // on PGlite the pin has not begun: its one connection is taken
  const waits = async () => (await ground.db.rows(sql`select 1 from pg_locks where not granted`)).length > 0
  if (ground.db.engine === 'postgres') while (!(await waits()));
  mayCommit.resolve()
  await closing
  assert.equal(await pinned, 'show_closed')
  assert.deepEqual(await ground.statuses(showId), [1, 1, 0, 0, 0, 0])
  assert.equal((await holdRow(ground.db, hold.holdId)).pinnedBy, null)
})
