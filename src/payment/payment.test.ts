import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { namedId } from '../platform/identity.ts'
import { Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { createAdvance } from './changes.ts'
import { assertSound, assertWhole, eventsOf, type Ground, openGround, refusalOf } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
beforeEach(() => {
  Object.assign(ground.border.world, { seatRefusal: '', reservationRefusal: '', bank: 'done', calls: [], fault: undefined })
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

const pay = (who: { userId: string; reservationId: string }, more: { topUp?: number; source?: string; paymentId?: string } = {}) =>
  ground.api.pay({ paymentId: randomUUID(), ...who, ...more })

test('a payment goes pin, pin, debit, sell, confirm, completed, and tells of it once', async () => {
  const who = ground.buyer(150_000)
  const paid = await pay(who)
  assert.deepEqual([paid.status, paid.amount, paid.refusal, paid.until], ['completed', 100_000, null, null])
  assert.deepEqual(ground.border.world.calls, ['reservation.get', 'seat.pin', 'reservation.pin', 'wallet.debit', 'seat.sell', 'reservation.confirm'])
  assertWhole(ground, paid, who.userId, 150_000)
  const [event, ...others] = await eventsOf(ground.db, paid.id)
  assert.deepEqual(others, [])
  assert.deepEqual([event?.name, event?.version, event?.data.amount, event?.data.reservationId], ['payment.completed', 1, 100_000, who.reservationId])
})

test('the same key pays once and answers the same payment (B7, B11); another body is a conflict', async () => {
  const who = ground.buyer(250_000)
  const paymentId = randomUUID()
  const paid = await pay(who, { paymentId })
  assert.deepEqual(await pay(who, { paymentId }), paid)
  assert.equal(ground.border.balanceOf(who.userId), 150_000)
  assert.equal((await refusalOf(pay(who, { paymentId, topUp: 5 }))).code, 'idempotency_conflict')
  assert.equal((await refusalOf(pay(ground.buyer(100_000), { paymentId }))).code, 'idempotency_conflict')
})

test('a paid reservation is not paid again (B7)', async () => {
  const who = ground.buyer(250_000)
  await pay(who)
  assert.equal((await refusalOf(pay(who))).code, 'already_paid')
  assert.equal(ground.border.balanceOf(who.userId), 150_000)
})

test('nobody pays for another one\'s reservation, nor for none (B9)', async () => {
  const who = ground.buyer(250_000)
  assert.equal((await refusalOf(pay({ ...who, userId: randomUUID() }))).code, 'reservation_unknown')
  assert.equal((await refusalOf(pay({ ...who, reservationId: randomUUID() }))).code, 'reservation_unknown')
  assert.equal((await ground.api.list({ userId: who.userId, limit: 10 })).payments.length, 0)
})

test('200 payments of one reservation at once: one row is completed, one sum is taken (B1, B7)', async () => {
  const who = ground.buyer(1_000_000)
  const answers = await Promise.allSettled(Array.from({ length: 200 }, () => pay(who)))
  const done = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.status] : []))
  assert.deepEqual(done, ['completed'])
  for (const answer of answers) if (answer.status === 'rejected') assert.match(answer.reason.code, /payment_in_progress|already_paid/)
  assert.equal(ground.border.balanceOf(who.userId), 900_000)
  assert.equal((await ground.api.list({ userId: who.userId, limit: 100 })).payments.length, 1)
})

test('200 requests with one key are one payment with one answer', async () => {
  const who = ground.buyer(1_000_000)
  const paymentId = randomUUID()
  const answers = await Promise.all(Array.from({ length: 200 }, () => pay(who, { paymentId })))
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
  assert.equal(answers[0]?.status, 'completed')
  assert.equal(ground.border.world.calls.filter((call) => call === 'wallet.debit').length, 1)
})

test('too little money leaves the reservation as it was: top up and pay with a new key (B14)', async () => {
  const who = ground.buyer(40_000)
  const paymentId = randomUUID()
  const failed = await pay(who, { paymentId })
  assert.deepEqual([failed.status, failed.refusal, failed.refusalParams], ['failed', 'balance_insufficient', { missing: 60_000 }])
  assert.deepEqual(ground.border.world.calls.slice(-3), ['wallet.void', 'seat.unpin', 'reservation.unpin'])
  assertWhole(ground, failed, who.userId, 40_000)
  ground.border.balances.set(who.userId, 100_000)
  assert.deepEqual(await pay(who, { paymentId }), failed)
  const paid = await pay(who)
  assert.equal(paid.status, 'completed')
  assertWhole(ground, paid, who.userId, 100_000)
  assert.deepEqual((await eventsOf(ground.db, paymentId)).map((e) => [e.name, e.data.refusal]), [['payment.failed', 'balance_insufficient']])
})

test('a top-up inside the payment pays for it; its id is the payment\'s', async () => {
  const who = ground.buyer(40_000)
  const paid = await pay(who, { topUp: 70_000, source: 'card' })
  assert.deepEqual([paid.status, paid.topUp], ['completed', 70_000])
  assert(ground.border.topUps.has(namedId(paid.id, 'top-up')))
  assert.equal(ground.border.balanceOf(who.userId), 10_000)
  assertWhole(ground, paid, who.userId, 40_000)
})

test('a declined top-up fails the payment and moves nothing', async () => {
  ground.border.world.bank = 'declined'
  const who = ground.buyer(40_000)
  const failed = await pay(who, { topUp: 70_000 })
  assert.deepEqual([failed.status, failed.refusal], ['failed', 'top_up_declined'])
  assertWhole(ground, failed, who.userId, 40_000)
})

test('a top-up larger than the wallet takes is refused before anything is stored', async () => {
  const who = ground.buyer(0)
  assert.equal((await refusalOf(pay(who, { topUp: 10_000_001 }))).code, 'top_up_too_large')
  assert.deepEqual((await ground.api.list({ userId: who.userId, limit: 1 })).payments, [])
})

test('a payment waits for the bank ten minutes, its one deadline, and goes on when the money comes', async () => {
  ground.border.world.bank = 'pending'
  const who = ground.buyer(0)
  const waiting = await pay(who, { topUp: 100_000 })
  assert.deepEqual([waiting.status, waiting.amount, waiting.until], ['pending', 100_000, ground.clock.ms + 600_000])
  assert.equal((await refusalOf(pay(who))).code, 'payment_in_progress')
  ground.clock.ms += 300_000
  await ground.runJobs()
  const still = await ground.api.get({ paymentId: waiting.id, userId: who.userId })
  assert.deepEqual([still.status, still.until], ['pending', waiting.until])
  ground.border.world.bank = 'done'
  const paid = await ground.finish({ paymentId: waiting.id, userId: who.userId })
  assert.deepEqual([paid.status, paid.until], ['completed', null])
  assertWhole(ground, paid, who.userId, 0)
})

test('a bank that does not answer ends the payment late, never early; money that comes later is the wallet\'s', async () => {
  ground.border.world.bank = 'pending'
  const who = ground.buyer(0)
  const { id: paymentId, until } = await pay(who, { topUp: 100_000 })
  assert(until)
  await ground.beatTo(until + 499)
  await ground.runJobs()
  assert.equal((await ground.api.get({ paymentId, userId: who.userId })).status, 'pending')
  await ground.beatTo(until + 5_000)
  await ground.runJobs()
  const failed = await ground.api.get({ paymentId, userId: who.userId })
  assert.deepEqual([failed.status, failed.refusal], ['failed', 'top_up_unknown'])
  assertWhole(ground, failed, who.userId, 0)
  ground.border.world.bank = 'done'
  await ground.border.wallet.topUp({ topUpId: namedId(paymentId, 'top-up'), userId: who.userId, amount: 100_000 })
  assert.equal((await pay(who)).status, 'completed')
})

test('while nobody beat nobody gives up: after an outage a waiting payment has a minute, and not more', async () => {
  ground.border.world.bank = 'pending'
  const who = ground.buyer(0)
  const { id: paymentId, until } = await pay(who, { topUp: 100_000 })
  assert(until)
  await ground.beatTo(ground.clock.ms)
  ground.clock.ms = until + 20 * 60_000
  const asked = await ground.start().api.pay({ paymentId, ...who, topUp: 100_000 })
  assert.deepEqual([asked.status, asked.until], ['pending', until], 'asked before anybody beat again')
  await ground.service.recover?.()
  const later = ground.clock.ms + 60_000
  assert.equal((await ground.api.get({ paymentId, userId: who.userId })).until, later)
  await ground.beatTo(later + 499)
  await ground.runJobs()
  assert.equal((await ground.api.get({ paymentId, userId: who.userId })).status, 'pending')
  await ground.beatTo(later + 5_500)
  await ground.runJobs()
  assert.equal((await ground.api.get({ paymentId, userId: who.userId })).refusal, 'top_up_unknown')
})

test('more waiting payments than a chunk get their minute, and who was late before the outage gets none', async () => {
  ground.border.world.bank = 'pending'
  const first = await pay(ground.buyer(0), { topUp: 100_000 })
  assert(first.until)
  await ground.beatTo(first.until - 1_000)
  const others = await Promise.all(Array.from({ length: 450 }, () => pay(ground.buyer(0), { topUp: 100_000 })))
  await ground.beatTo(first.until + 1)
  ground.clock.ms += 20 * 60_000
  await ground.service.recover?.()
  const untilOf = async (ids: string[]) => new Set((await ground.db.rows<{ until: number }>(sql`select until from payment.payments where id = any(${ids}::uuid[])`)).map((row) => row.until))
  assert.deepEqual(await untilOf(others.map(({ id }) => id)), new Set([ground.clock.ms + 60_000]))
  assert.deepEqual(await untilOf([first.id]), new Set([first.until]))
  ground.border.world.bank = 'done'
  for (const round of [1, 2, 3]) {
    ground.clock.ms += round
    await ground.runJobs()
  }
})

test('every refusal of a pin fails the payment with that refusal, after asking the wallet first', async () => {
  const cases = [
    ...['hold_expired', 'payment_in_progress', 'show_closed'].map((code) => ({ seatRefusal: code, reservationRefusal: '' })),
    ...['reservation_ended', 'payment_in_progress', 'payment_attempts_used', 'show_closed'].map((code) => ({ seatRefusal: '', reservationRefusal: code })),
  ]
  for (const refusals of cases) {
    Object.assign(ground.border.world, refusals, { calls: [] })
    const who = ground.buyer(100_000)
    const failed = await pay(who)
    assert.deepEqual([failed.status, failed.refusal], ['failed', refusals.seatRefusal || refusals.reservationRefusal])
    assert.deepEqual(ground.border.world.calls.slice(-3), ['wallet.void', 'seat.unpin', 'reservation.unpin'])
    assertWhole(ground, failed, who.userId, 100_000)
  }
})

test('a reservation of nothing to pay needs no debit', async () => {
  const who = ground.buyer(0, 0)
  const paid = await pay(who)
  assert.deepEqual([paid.status, paid.amount], ['completed', 0])
  assert(!ground.border.world.calls.includes('wallet.debit'))
})

test('two services that pin different seats stop the payment before money moves', async () => {
  const who = ground.buyer(100_000)
  const { pin } = ground.border.reservation
  ground.border.reservation.pin = async (keys) => ({ ...(await pin(keys)), seatIds: [1, 3] })
  await assert.rejects(pay(who), /pins two sets of seats/)
  assert.equal(ground.border.balanceOf(who.userId), 100_000)
  ground.border.reservation.pin = pin
  const [{ id: paymentId } = { id: '' }] = (await ground.api.list({ userId: who.userId, limit: 1 })).payments
  assert.equal((await ground.finish({ paymentId, userId: who.userId })).status, 'completed')
})

test('a refusal after the debit is a bug: it is reported, the payment stays pending and goes on', async () => {
  const who = ground.buyer(100_000)
  const paymentId = randomUUID()
  ground.border.world.fault = (when, name) => {
    if (when === 'before' && name === 'seat.sell') throw new Refusal('show_closed')
  }
  await assert.rejects(pay(who, { paymentId }), { name: 'AssertionError' })
  ground.clock.ms += 5_001
  await assert.rejects(ground.runJobs(), { name: 'AggregateError' })
  assert.equal((await ground.api.get({ paymentId, userId: who.userId })).status, 'pending')
  ground.border.world.fault = undefined
  const paid = await ground.finish({ paymentId, userId: who.userId })
  assertWhole(ground, paid, who.userId, 100_000)
})

test('a neighbour that is overloaded refuses nothing: the payment waits for its turn', async () => {
  for (const name of ['seat.pin', 'wallet.debit', 'seat.sell']) {
    const who = ground.buyer(100_000)
    ground.border.world.fault = (when, called) => {
      if (when === 'before' && called === name) throw new Refusal('overloaded')
    }
    const waiting = await pay(who)
    assert.equal(waiting.status, 'pending')
    ground.border.world.fault = undefined
    assert.equal((await ground.finish({ paymentId: waiting.id, userId: who.userId })).status, 'completed')
  }
})

test('the answer does not wait for ever: the payment is answered as pending and ends by itself', async () => {
  const who = ground.buyer(100_000)
  const paymentId = randomUUID()
  const held = Promise.withResolvers<void>()
  ground.border.world.fault = (when, name) => (when === 'before' && name === 'wallet.debit' ? held.promise : undefined)
  const { api } = ground.start(() => Promise.resolve())
  assert.equal((await api.pay({ paymentId, ...who })).status, 'pending')
  const rest = api.pay({ paymentId, ...who })
  assert.equal((await rest).status, 'pending')
  held.resolve()
  ground.border.world.fault = undefined
  assert.equal((await ground.finish({ paymentId, userId: who.userId })).status, 'completed')
  assert.equal(ground.border.balanceOf(who.userId), 0)
})

test('payments are listed newest first and belong to their user alone', async () => {
  const who = ground.buyer(10)
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    ground.clock.ms += 1
    ids.unshift((await pay(who)).id)
  }
  const { payments } = await ground.api.list({ userId: who.userId, limit: 2 })
  const last = payments.at(-1)
  assert(last)
  const rest = await ground.api.list({ userId: who.userId, limit: 2, before: { createdAt: last.createdAt, id: last.id } })
  assert.deepEqual([...payments, ...rest.payments].map((p) => p.id), ids)
  assert.equal((await refusalOf(ground.api.get({ paymentId: last.id, userId: randomUUID() }))).code, 'payment_unknown')
  assert.equal((await refusalOf(ground.api.get({ paymentId: randomUUID(), userId: who.userId }))).code, 'payment_unknown')
  const { showId } = ground.border.reservations.get(who.reservationId) ?? { showId: '' }
  const { steps } = await ground.api.story({ userId: who.userId, showId })
  assert.deepEqual(steps.map((s) => s.what), Array(3).fill(['payment_started', 'payment_failed']).flat())
})

test('the first reason for turning back stands: a later driver does not put its own in its place', async () => {
  const who = ground.buyer(1)
  const paymentId = randomUUID()
  ground.border.world.fault = (when, name) => {
    if (when === 'before' && name === 'wallet.void') throw new UnknownOutcome('away')
  }
  assert.equal((await ground.api.pay({ paymentId, ...who })).status, 'pending')
  // a driver that read the row before it was turned back
  const advance = createAdvance(ground.db, () => ground.clock.ms)
  const after = await advance(paymentId, { kind: 'turn back', refusal: new Refusal('payment_voided'), amount: null })
  assert.equal(after.refusal, 'balance_insufficient')
  ground.border.world.fault = undefined
  assert.equal((await ground.finish({ paymentId, userId: who.userId })).refusal, 'balance_insufficient')
})
