import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { at } from '../platform/database.ts'
import { seatChecks } from './checks.ts'
import { pinMany, sellMany } from './pin.ts'
import { type Ground, openGround, type Planted, plantHold } from './planting.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())
afterEach(async () => {
  await ground.db.rows(sql`truncate seat.shows, seat.seats, seat.holds, seat.quotas, seat.pins, seat.heartbeats`)
})

const run = (query: Sql) => ground.db.rows(query)
/** Names of the checks that find something. */
async function violated(): Promise<string[]> {
  const found: string[] = []
  for (const check of seatChecks) {
    const rows = await ground.db.rows(check.query(ground.now()))
    if (rows.length > 0) found.push(`${check.id} ${check.name}`)
  }
  return found
}
async function assertFound(start: string) {
  const found = await violated()
  assert(found.some((name) => name.startsWith(start)), `${start} is not among: ${found.join('; ')}`)
}

/** A show with seat 1 held, 2 pinned, 3 sold, 4 sold and given back. */
async function plantAll() {
  const showId = await ground.publish()
  const holds: Planted[] = []
  for (const seatIds of [[1], [2], [3, 4]]) holds.push(await plantHold(ground, showId, seatIds))
  const [held, pinned, sold] = holds as [Planted, Planted, Planted]
  const [p, s] = [pinned, sold].map(({ reservationId, userId }) => ({ paymentId: randomUUID(), reservationId, userId }))
  assert(p && s)
  await pinMany(ground, [p, s])
  await sellMany(ground, [s])
  const { reservationId, userId } = sold
  await ground.hear('reservation.cancelled', reservationId, { reservationId, userId, showId, seatIds: [4] })
  await run(sql`insert into seat.heartbeats (id, beat_at) values (1, ${at(ground.now())})`)
  return { showId, held, pinned, sold, payment: p, sale: s }
}

test('held, pinned, sold and given back seats violate nothing', async () => {
  await plantAll()
  assert.deepEqual(await violated(), [])
})

test('I1 finds a seat sold without a pin', async () => {
  const { showId, held } = await plantAll()
  await run(sql`update seat.seats set status = 3, reservation_id = ${held.reservationId} where show_id = ${showId} and id = 1`)
  await assertFound('I1 a seat is sold')
})

test('I1 finds a sold pin whose seat was freed behind its back', async () => {
  const { showId } = await plantAll()
  await run(sql`update seat.seats set status = 0, hold_id = null, reservation_id = null where show_id = ${showId} and id = 3`)
  await assertFound('I1 a seat is sold')
})

test('I1 finds a missing seat row of a ready show', async () => {
  const { showId } = await plantAll()
  await run(sql`delete from seat.seats where show_id = ${showId} and id = 5`)
  await assertFound('I1 a show that is ready')
})

test('I2 finds a held seat of an ended hold and one its hold does not list', async () => {
  const { held } = await plantAll()
  await run(sql`update seat.holds set ended_reason = 'expired', ended_at = now() where id = ${held.holdId}`)
  await assertFound('I2 a held or pinned seat')
  await run(sql`update seat.holds set ended_reason = null, ended_at = null, seat_ids = '{6}' where id = ${held.holdId}`)
  await assertFound('I2 a held or pinned seat')
})

test('I2 finds a seat in two live holds', async () => {
  const { showId, held } = await plantAll()
  await run(sql`
    insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash)
    select ${randomUUID()}, ${showId}, user_id, 1, seat_ids, until, held_at, '' from seat.holds where id = ${held.holdId}`)
  await assertFound('I2 no seat is in two')
})

test('I2 finds a pinned hold whose payment does not run, a payment without its seats, a pinned seat of an unpinned hold', async () => {
  const { showId, pinned, payment } = await plantAll()
  await run(sql`update seat.pins set status = 'unpinned' where payment_id = ${payment.paymentId}`)
  await assertFound('I2 a hold is pinned exactly')
  await run(sql`update seat.pins set status = 'pinned', seat_ids = '{2,6}' where payment_id = ${payment.paymentId}`)
  await assertFound('I2 a hold is pinned exactly')
  await run(sql`update seat.pins set status = 'unpinned', seat_ids = '{}' where payment_id = ${payment.paymentId}`)
  await run(sql`update seat.holds set pinned_by = null where id = ${pinned.holdId}`)
  assert.equal((await run(sql`select 1 from seat.seats where show_id = ${showId} and status = 2`)).length, 1)
  await assertFound('I2 a hold is pinned exactly')
})

test('I3 finds a live hold with some of its seats and an ended one that keeps some', async () => {
  const { held } = await plantAll()
  await run(sql`update seat.holds set seat_ids = '{1,6}' where id = ${held.holdId}`)
  await assertFound('I3')
  await run(sql`update seat.holds set seat_ids = '{1}', ended_reason = 'released', ended_at = now() where id = ${held.holdId}`)
  await assertFound('I3')
})

test('I4 finds an overdue hold, but not a pinned one, not of a paused show, and not after the last beat', async () => {
  const { showId, held } = await plantAll()
  const overdue = async (until: number) => {
    await run(sql`update seat.holds set until = ${at(until)} where ended_reason is null`)
    return (await violated()).some((name) => name.startsWith('I4'))
  }
  assert.equal(await overdue(ground.now() - 2_500), false)
  assert.equal(await overdue(ground.now() - 2_501), true)
  await run(sql`update seat.heartbeats set beat_at = ${at(ground.now() - 1)}`)
  assert.equal(await overdue(ground.now() - 2_501), false, 'nothing swept since')
  assert.equal(await overdue(ground.now() - 2_502), true)
  await ground.hear('show.paused', showId)
  assert.equal(await overdue(ground.now() - 60_000), false)
  await run(sql`update seat.shows set paused_at = null`)
  const rows = await run(seatChecks.find((check) => check.id === 'I4')?.query(ground.now()) ?? sql`select 1`)
  assert.deepEqual(rows.map((row) => (row as { id: string }).id), [held.holdId])
})

test('I18 finds a quota that drifted, one that is missing, and one above its maximum', async () => {
  const { showId, held } = await plantAll()
  const { userId } = held
  await run(sql`update seat.quotas set seats = 2 where show_id = ${showId} and user_id = ${userId}`)
  await assertFound('I18')
  await run(sql`delete from seat.quotas where show_id = ${showId} and user_id = ${userId}`)
  await assertFound('I18')
  await run(sql`alter table seat.quotas drop constraint quotas_check`)
  await run(sql`insert into seat.quotas (show_id, user_id, seats, seats_max) values (${showId}, ${userId}, 1, 0)`)
  await assertFound('I18')
})

test('I15 finds a seat written more often than its show counted, and a stock told ahead of it', async () => {
  const { showId } = await plantAll()
  await run(sql`update seat.seats set version = 99 where show_id = ${showId} and id = 1`)
  await assertFound('I15')
  await run(sql`update seat.seats set version = 0 where show_id = ${showId} and id = 1`)
  await run(sql`update seat.shows set stock_version = version + 1 where show_id = ${showId}`)
  await assertFound('I15')
})
