import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { UnknownOutcome } from '../platform/outcome.ts'
import { assertSound, eventsOf, type Ground, openGround } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
afterEach(() => {
  Object.assign(ground.border.world, { fault: undefined })
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

/** A completed payment of 100,000 won; its buyer has nothing left. */
async function paid() {
  const who = ground.buyer(100_000)
  const { id: paymentId } = await ground.api.pay({ paymentId: randomUUID(), ...who })
  const own = { paymentId, userId: who.userId }
  const cancelled = (refund: number, cancellationId = randomUUID()) => ({ cancellationId, reservationId: who.reservationId, refund, paymentId })
  return { ...who, own, cancelled, refunded: async () => (await ground.api.get(own)).refunded, money: () => ground.border.balanceOf(who.userId) }
}
const statusOf = async (cancellationId: string) => {
  const [row] = await ground.db.rows<{ status: string }>(sql`select status from payment.refunds where cancellation_id = ${cancellationId}`)
  return row?.status
}

test('a cancellation is refunded by the job, once, and told of (B5)', async () => {
  const { cancelled, refunded, money, own } = await paid()
  const cancellation = cancelled(40_000)
  await ground.hear(cancellation)
  assert.equal(await refunded(), 0)
  for (let i = 0; i < 3; i++) await ground.runJobs()
  assert.deepEqual([await refunded(), money(), await statusOf(cancellation.cancellationId)], [40_000, 40_000, 'done'])
  const events = (await eventsOf(ground.db, own.paymentId)).map((e) => [e.name, e.version, e.data.cancellationId, e.data.amount])
  assert.deepEqual(events, [['payment.completed', 1, undefined, 100_000], ['payment.refunded', 2, cancellation.cancellationId, 40_000]])
})

test('the same cancellation heard again refunds nothing more (B6)', async () => {
  const { cancelled, refunded, money } = await paid()
  const cancellation = cancelled(40_000)
  for (let i = 0; i < 3; i++) {
    await ground.hear(cancellation)
    await ground.runJobs()
  }
  assert.deepEqual([await refunded(), money()], [40_000, 40_000])
})

test('several cancellations of one payment are several refunds, paid in one run', async () => {
  const { cancelled, refunded, money, own } = await paid()
  for (const refund of [10_000, 20_000, 70_000]) await ground.hear(cancelled(refund))
  await ground.runJobs()
  assert.deepEqual([await refunded(), money()], [100_000, 100_000])
  assert.deepEqual((await eventsOf(ground.db, own.paymentId)).map((e) => e.version), [1, 2, 3, 4])
})

test('an unpaid cancellation refunds nothing: no money is minted (B4)', async () => {
  const who = ground.buyer(100_000)
  await ground.hear({ cancellationId: randomUUID(), reservationId: who.reservationId, refund: 0, paymentId: null })
  await ground.runJobs()
  assert.equal(ground.border.balanceOf(who.userId), 100_000)
  assert.equal((await ground.db.rows(sql`select 1 from payment.refunds where reservation_id = ${who.reservationId}`)).length, 0)
})

test('a cancellation that is heard before the payment has ended waits for it', async () => {
  const who = ground.buyer(100_000)
  const paymentId = randomUUID()
  ground.border.world.fault = (when, name) => {
    if (when === 'after' && name === 'reservation.confirm') throw new UnknownOutcome('lost')
  }
  assert.equal((await ground.api.pay({ paymentId, ...who })).status, 'pending')
  ground.border.world.fault = undefined
  const cancellation = { cancellationId: randomUUID(), reservationId: who.reservationId, refund: 100_000, paymentId }
  await ground.hear(cancellation)
  const refundJob = ground.service.jobs?.find((job) => job.name === 'payment.refund')
  await refundJob?.run()
  assert.deepEqual([await statusOf(cancellation.cancellationId), ground.border.balanceOf(who.userId)], ['pending', 0])
  await ground.finish({ paymentId, userId: who.userId })
  ground.clock.ms += 5_001
  await ground.runJobs()
  assert.deepEqual([await statusOf(cancellation.cancellationId), ground.border.balanceOf(who.userId)], ['done', 100_000])
})

test('a refund whose answer is lost, or whose process dies, is paid once in the end', async () => {
  const accidents = [
    { when: 'before', error: new UnknownOutcome('lost') }, { when: 'after', error: new UnknownOutcome('lost') },
    { when: 'before', error: new Error('crashed') }, { when: 'after', error: new Error('crashed') },
  ]
  for (const accident of accidents) {
    const { cancelled, refunded, money } = await paid()
    await ground.hear(cancelled(40_000))
    ground.border.world.fault = (when) => {
      if (when === accident.when) throw accident.error
    }
    await ground.runJobs().catch((error: Error) => assert.equal(error.name, 'AggregateError'))
    assert.equal(await refunded(), 0)
    ground.border.world.fault = undefined
    ground.clock.ms += 5_001
    await ground.start().runJobs()
    assert.deepEqual([await refunded(), money()], [40_000, 40_000])
  }
})

test('two processes pay many refunds, each once', async () => {
  const all = await Promise.all(Array.from({ length: 120 }, () => paid()))
  for (const { cancelled } of all) await ground.hear(cancelled(30_000))
  ground.border.world.calls = []
  const other = ground.start()
  await Promise.all([ground.runJobs(), other.runJobs()])
  for (const { refunded, money } of all) assert.deepEqual([await refunded(), money()], [30_000, 30_000])
  assert.equal(ground.border.world.calls.length, 120)
})

test('more than was paid is never refunded: such a refund stays owed and is found', async () => {
  const { cancelled, refunded, money, own } = await paid()
  const too = cancelled(60_000)
  await ground.hear(cancelled(50_000))
  await ground.runJobs()
  await ground.hear(too)
  await ground.runJobs()
  assert.deepEqual([await refunded(), money(), await statusOf(too.cancellationId)], [50_000, 50_000, 'pending'])
  await assert.rejects(assertSound(ground), /no more than it was paid/)
  await assert.rejects(ground.db.rows(sql`update payment.payments set refunded = 110000 where id = ${own.paymentId}`), /check/)
  await ground.db.rows(sql`delete from payment.refunds where cancellation_id = ${too.cancellationId}`)
})
