import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { reservationChecks } from './checks.ts'
import { confirm, type Ground, openGround, paymentOf, reserve } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
  for (const constraint of ['reservation.lines_sold_once', 'reservation.payments_seen_one_of_reservation'])
    await ground.db.rows(sql`drop index ${raw(constraint)}`)
  const checks = await ground.db.rows<{ table: string; name: string }>(sql`
    select conrelid::regclass::text as table, quote_ident(conname) as name from pg_constraint
    where connamespace = 'reservation'::regnamespace and contype = 'c' and conrelid <> 0`)
  for (const { table, name } of checks) await ground.db.rows(sql`alter table ${raw(table)} drop constraint ${raw(name)}`)
})
after(() => ground.close())
beforeEach(() => ground.db.rows(sql`truncate reservation.reservations, reservation.shows, reservation.payments_seen cascade`))

const found = async (name: string) => {
  const check = reservationChecks.find((one) => one.name.includes(name))
  assert(check, name)
  return (await ground.db.rows(check.query(ground.clock.ms))).length
}

/** Sound before, found after. */
async function plants(name: string, plant: () => Promise<unknown>) {
  assert.equal(await found(name), 0, `${name}: before`)
  await plant()
  assert.equal(await found(name), 1, `${name}: planted`)
}

test('a seat sold twice is found', async () => {
  const showId: string = crypto.randomUUID()
  await confirm(ground, [1], { showId })
  await plants('at most one active line', () => confirm(ground, [1], { showId }))
})

test('a confirmed line that is not marked sold is found', async () => {
  await confirm(ground, [1])
  await plants('marked sold', () => ground.db.rows(sql`update reservation.lines set sold = false`))
})

test('a line without its reservation is found', async () => {
  await confirm(ground, [1])
  await plants('every line has its reservation', () => ground.db.rows(sql`
    insert into reservation.lines (reservation_id, seat_id, show_id, section, row_name, number, grade, price_type, price, fee)
    select gen_random_uuid(), 2, show_id, section, row_name, number, grade, price_type, price, fee from reservation.lines`))
})

test('a payment that was asked another sum than the lines is found', async () => {
  await ground.api.pin(paymentOf(await reserve(ground, [1])))
  await plants('is the sum of price and fee', () => ground.db.rows(sql`update reservation.payments_seen set amount = amount - 1`))
})

test('a payment asked for seats that are not lines is found', async () => {
  await ground.api.pin(paymentOf(await reserve(ground, [1])))
  await plants('is the sum of price and fee', () => ground.db.rows(sql`update reservation.payments_seen set seat_ids = '{1,2}'`))
})

test('a reservation that was paid another sum than its payment is found', async () => {
  await confirm(ground, [1])
  await plants('name the same sum', () => ground.db.rows(sql`update reservation.reservations set paid_amount = paid_amount + 1`))
})

test('a total that is not what was paid less what was refunded is found', async () => {
  const { own } = await confirm(ground, [1, 2])
  await ground.api.cancel({ ...own, cancellationId: crypto.randomUUID(), seatIds: [1], reason: 'x' })
  await plants('paid less refunds', () => ground.db.rows(sql`update reservation.cancellations set refund = refund + 1`))
})

test('a refund without payment is found', async () => {
  const made = await reserve(ground, [1])
  await ground.api.cancel({ reservationId: made.id, userId: made.userId, cancellationId: crypto.randomUUID(), reason: 'x' })
  await plants('not paid', () => ground.db.rows(sql`update reservation.cancellations set refund = 5`))
})

test('a cancellation that is counted for another show, or as unpaid, is found', async () => {
  const { own } = await confirm(ground, [1, 2])
  await ground.api.cancel({ ...own, cancellationId: crypto.randomUUID(), seatIds: [1], reason: 'x' })
  await plants('counted for the show', () => ground.db.rows(sql`update reservation.cancellations set show_id = gen_random_uuid()`))
  await ground.db.rows(sql`update reservation.cancellations c set show_id = r.show_id from reservation.reservations r where r.id = c.reservation_id`)
  await plants('counted for the show', () => ground.db.rows(sql`update reservation.cancellations set paid = false`))
})

test('a confirmed reservation without an active line is found', async () => {
  await confirm(ground, [1])
  await plants('totals add up', () => ground.db.rows(sql`update reservation.lines set status = 'cancelled'`))
})

test('an ended reservation with an active line is found', async () => {
  await reserve(ground, [1])
  await plants('totals add up', () => ground.db.rows(sql`update reservation.reservations set status = 'expired'`))
})

test('a reservation that pays without a running pin is found', async () => {
  await ground.api.pin(paymentOf(await reserve(ground, [1])))
  await plants('exactly while a pin', () => ground.db.rows(sql`update reservation.payments_seen set status = 'unpinned'`))
})

test('a running pin of a reservation that does not pay is found', async () => {
  await ground.api.pin(paymentOf(await reserve(ground, [1])))
  await plants('exactly while a pin', () => ground.db.rows(sql`update reservation.reservations set status = 'pending'`))
})

test('seats that are not given back for a minute are found', async () => {
  const made = await reserve(ground, [1])
  await ground.api.cancel({ reservationId: made.id, userId: made.userId, cancellationId: crypto.randomUUID(), reason: 'x' })
  await plants('given back', async () => {
    await ground.db.rows(sql`update reservation.reservations set release_at = ended_at`)
    ground.clock.ms += 60_001
  })
})

test('somebody left in a cancelled show after a minute is found', async () => {
  const { made } = await confirm(ground, [1])
  await ground.hear('show.cancelled', { showId: made.showId }, made.showId)
  await plants('nobody is left', async () => {
    ground.clock.ms += 60_001
  })
})
