import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { UnknownOutcome } from '../platform/outcome.ts'
import { paymentChecks } from './checks.ts'
import { type Ground, openGround } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
  await ground.db.rows(sql`drop index payment.payments_one_of_reservation`)
  const checks = await ground.db.rows<{ table: string; name: string }>(sql`
    select conrelid::regclass::text as table, quote_ident(conname) as name from pg_constraint
    where connamespace = 'payment'::regnamespace and contype = 'c' and conrelid <> 0`)
  for (const { table, name } of checks) await ground.db.rows(sql`alter table ${raw(table)} drop constraint ${raw(name)}`)
})
after(() => ground.close())
beforeEach(async () => {
  ground.border.world.fault = undefined
  await ground.db.rows(sql`truncate payment.payments cascade`)
})

async function plants(name: string, plant: () => Promise<unknown>) {
  const check = paymentChecks.find((one) => one.name.includes(name))
  assert(check, name)
  const found = async () => (await ground.db.rows(check.query(ground.clock.ms))).length
  assert.equal(await found(), 0, `${name}: before`)
  await plant()
  assert.equal(await found(), 1, `${name}: planted`)
}

async function refunded() {
  const who = ground.buyer(100_000)
  const { id: paymentId } = await ground.api.pay({ paymentId: randomUUID(), ...who })
  await ground.hear({ cancellationId: randomUUID(), reservationId: who.reservationId, refund: 60_000, paymentId })
  await ground.runJobs()
}

test('two completed payments of one reservation are found', async () => {
  const who = ground.buyer(200_000)
  await ground.api.pay({ paymentId: randomUUID(), ...who })
  await plants('at most one running', () => ground.db.rows(sql`
    insert into payment.payments
    select (jsonb_populate_record(p, jsonb_build_object('id', ${randomUUID()}::uuid))).* from payment.payments p`))
})

test('refunds above what was paid are found', async () => {
  await refunded()
  await plants('no more than it was paid', () => ground.db.rows(sql`update payment.refunds set amount = 100001`))
})

test('a refund of a failed payment is found', async () => {
  await refunded()
  await plants('no more than it was paid', () => ground.db.rows(sql`update payment.payments set status = 'failed'`))
})

test('a refunded sum that is not that of the refunds is found', async () => {
  await refunded()
  await plants('refunded is the sum', () => ground.db.rows(sql`update payment.payments set refunded = refunded - 1`))
})

test('a payment that stays pending is found', async () => {
  ground.border.world.fault = (_when, name) => {
    if (name === 'seat.pin') throw new UnknownOutcome('away')
  }
  await ground.api.pay({ paymentId: randomUUID(), ...ground.buyer(100_000) })
  await plants('no payment is pending', () => ground.beatTo(ground.clock.ms + 60_001))
})

test('a payment is not late while nobody drives, nor right after it waited ten minutes for its bank', async () => {
  const late = async () => (await ground.db.rows(paymentChecks.find((one) => one.name.includes('no payment is pending'))?.query(ground.clock.ms) ?? sql``)).length
  ground.border.world.bank = 'pending'
  const { until } = await ground.api.pay({ paymentId: randomUUID(), ...ground.buyer(0), topUp: 100_000 })
  assert(until)
  await ground.beatTo(until + 1_000)
  ground.border.world.fault = (_when, name) => {
    if (name === 'wallet.void') throw new UnknownOutcome('away')
  }
  await ground.runJobs()
  assert.deepEqual(await ground.db.rows(sql`select direction from payment.payments`), [{ direction: 'backward' }])
  assert.equal(await late(), 0)
  ground.clock.ms += 20 * 60_000
  assert.equal(await late(), 0, 'the process is gone')
  ground.clock.ms -= 20 * 60_000
  await ground.beatTo(until + 60_001)
  assert.equal(await late(), 1)
  ground.border.world.bank = 'done'
})

test('a refund that stays owed is found', async () => {
  await refunded()
  await plants('owed for more than a minute', async () => {
    await ground.db.rows(sql`update payment.refunds set status = 'pending', done_at = null`)
    await ground.beatTo(ground.clock.ms + 60_001)
  })
})
