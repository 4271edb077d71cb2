import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { seatChecks } from './checks.ts'
import { pinMany, sellMany } from './pin.ts'
import { type Ground, openGround, type Planted, plantHold, quotaRow } from './planting.ts'
import { quota } from './quota.ts'
import { lockSoldPins } from './store-pins.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())

const paymentOf = ({ reservationId, userId }: Planted) => ({ paymentId: randomUUID(), reservationId, userId })
const pin = (payment: { paymentId: string; reservationId: string; userId: string }) => pinMany(ground, [payment])
async function assertSound() {
  for (const check of seatChecks) assert.deepEqual(await ground.db.rows(check.query(ground.now())), [], check.name)
}

test('reservation.cancelled frees the sold seats of that reservation only, and lowers the quota by them', async () => {
  const showId = await ground.publish()
  const [mine, other] = [await plantHold(ground, showId, [1, 2]), await plantHold(ground, showId, [3])]
  const payments = [paymentOf(mine), paymentOf(other)]
  await pinMany(ground, payments)
  await sellMany(ground, payments)
  const { reservationId, userId } = mine
  await ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: [2, 3] })
  assert.deepEqual(await ground.statuses(showId), [3, 0, 3, 0, 0, 0])
  assert.equal((await quotaRow(ground.db, mine))?.seats, 1)
  assert.equal((await quotaRow(ground.db, other))?.seats, 1)
  await assertSound()
  await plantHold(ground, showId, [4], { userId })
  assert.deepEqual(await quota(ground, { showId, userId }), { seats: 2, sold: 1, seatsMax: 4 })
})

test('a late reservation.cancelled does not free a seat that was sold again', async () => {
  const showId = await ground.publish()
  const mine = await plantHold(ground, showId, [1])
  const payment = paymentOf(mine)
  await pin(payment)
  await sellMany(ground, [payment])
  const { reservationId, userId } = mine
  const cancelled = { reservationId, userId, showId, seatIds: [1] }
  await ground.hear('reservation.cancelled', reservationId, cancelled)
  const next = await plantHold(ground, showId, [1])
  const again = paymentOf(next)
  await pin(again)
  await sellMany(ground, [again])
  await ground.hear('reservation.cancelled', reservationId, cancelled)
  assert.equal((await ground.statuses(showId))[0], 3)
  assert.equal((await quotaRow(ground.db, next))?.seats, 1)
  assert.deepEqual(await sellMany(ground, [payment]), [{ seatIds: [1] }], 'the first answer stays')
  await assertSound()
})

test('reservation.cancelled of held or pinned seats frees nothing: they end by their hold or payment', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  const { reservationId, userId } = hold
  await ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: [1] })
  await pin(paymentOf(hold))
  await ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: [1] })
  assert.equal((await ground.statuses(showId))[0], 2)
})

test('a cancelled seat of a watched show is returned and the waitlist is told', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1, 2])
  const payment = paymentOf(hold)
  await pin(payment)
  await sellMany(ground, [payment])
  await ground.db.rows(sql`update seat.shows set watch_count = 1 where show_id = ${showId}`)
  const { reservationId, userId } = hold
  await ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: [1, 2] })
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [4, 4])
  assert.deepEqual((await ground.events('seat.returned')).at(-1), { showId, seatIds: [1, 2] })
})

test('the payment of a cancelled reservation is found by an index, however many were ever paid', async () => {
  const plan = await ground.db.transaction(async (tx) => {
    await tx.rows(sql`set local enable_seqscan = off`)
    const explaining = { ...tx, rows: <T>(query: Sql) => tx.rows<T>(sql`explain ${query}`) }
    return (await lockSoldPins(explaining, [randomUUID()])) as unknown as Record<string, string>[]
  })
  assert.match(plan.map((row) => Object.values(row)[0]).join('\n'), /pins_one_of_reservation/)
})
