import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { at, type Database, type Tx } from '../platform/database.ts'

const schema = 'naive_purchase'
const showId = '00000000-0000-4000-8000-000000000001'
const price = 100_000
const balance = 1_000_000
/** Not credited: as one row of everybody it would make the reference way wait for itself, and it has no such account. */
const salesAccount = 0
/** Ours, to the column and the index; the bookkeeping of our saga (pins, first answers) is left out in its favour. */
const tables = ['seat.seats', 'seat.holds', 'seat.quotas', 'reservation.reservations', 'reservation.lines', 'payment.payments', 'wallet.accounts', 'wallet.transfers', 'reservation.outbox', 'payment.outbox']
const copyOf = (table: string) => `${schema}.${table.replace('.', '_')}`
const userOf = (n: number) => `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`

/** Fresh copies of our tables with seats and wallets in them. */
export async function prepareNaivePurchase(db: Database, purchases: number) {
  await db.transaction((tx) => tx.script(`
    drop schema if exists ${schema} cascade;
    create schema ${schema};
    ${tables.map((table) => `create table ${copyOf(table)} (like ${table} including all) with (fillfactor = 70);`).join('\n')}
    insert into ${schema}.seat_seats (show_id, id, section, row_name, number, grade, kind)
    select '${showId}', i, 'A', '1', i::text, 'VIP', 'seated' from generate_series(1, ${purchases}) i;
    insert into ${schema}.wallet_accounts (kind, owner, balance)
    select 'wallet', '00000000-0000-4000-9000-' || lpad(i::text, 12, '0'), ${balance} from generate_series(0, ${purchases}) i;
    analyze ${schema}.seat_seats; analyze ${schema}.wallet_accounts`))
}

/** The reference way of a whole purchase: one transaction a step (hold, reserve, pay, confirm), row by row, what is decided on locked first. */
export async function naivePurchase(db: Database, n: number) {
  const ids = { userId: userOf(n), seatId: n, holdId: randomUUID(), reservationId: randomUUID(), paymentId: randomUUID() }
  await db.transaction((tx) => hold(tx, ids))
  await db.transaction((tx) => reserve(tx, ids))
  await db.transaction((tx) => pay(tx, ids))
  await db.transaction((tx) => confirm(tx, ids))
}

type Ids = { userId: string; seatId: number; holdId: string; reservationId: string; paymentId: string }

async function hold(tx: Tx, { userId, seatId, holdId }: Ids) {
  const now = Date.now()
  const [seat] = await tx.rows<{ status: number }>(sql`select status from naive_purchase.seat_seats where show_id = ${showId} and id = ${seatId} for update`)
  const [quota] = await tx.rows<{ seats: number }>(sql`select seats from naive_purchase.seat_quotas where show_id = ${showId} and user_id = ${userId} for update`)
  if (seat?.status !== 0 || (quota?.seats ?? 0) >= 4) throw new Error('seat_taken')
  await tx.rows(sql`insert into naive_purchase.seat_quotas as q (show_id, user_id, seats, seats_max) values (${showId}, ${userId}, 1, 4)
    on conflict (show_id, user_id) do update set seats = q.seats + 1`)
  await tx.rows(sql`insert into naive_purchase.seat_holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash)
    values (${holdId}, ${showId}, ${userId}, 1, ${[seatId]}, ${at(now + 300_000)}, ${at(now)}, 'hash')`)
  await tx.rows(sql`update naive_purchase.seat_seats set status = 1, hold_id = ${holdId}, version = version + 1 where show_id = ${showId} and id = ${seatId}`)
}

async function reserve(tx: Tx, { userId, seatId, holdId, reservationId }: Ids) {
  const now = Date.now()
  const [held] = await tx.rows<{ userId: string }>(sql`select user_id as "userId" from naive_purchase.seat_holds where id = ${holdId} and until > ${at(now)} for update`)
  if (held?.userId !== userId) throw new Error('hold_unknown')
  await tx.rows(sql`update naive_purchase.seat_holds set reservation_id = ${reservationId} where id = ${holdId}`)
  const number = seatId.toString(10).padStart(8, '0')
  await tx.rows(sql`insert into naive_purchase.reservation_reservations (id, number, user_id, show_id, status, total, hold_id, show_starts_at, plan_version, policy_version, cutoff_minutes, request_hash, created_at)
    values (${reservationId}, ${number}, ${userId}, ${showId}, 'pending', ${price}, ${holdId}, ${at(now)}, 1, 1, 0, 'hash', ${at(now)})`)
  await tx.rows(sql`insert into naive_purchase.reservation_lines (reservation_id, seat_id, show_id, section, row_name, number, grade, price_type, price, fee)
    values (${reservationId}, ${seatId}, ${showId}, 'A', '1', ${String(seatId)}, 'VIP', 'standard', ${price}, 0)`)
}

async function pay(tx: Tx, { userId, reservationId, paymentId }: Ids) {
  const now = at(Date.now())
  const [reserved] = await tx.rows<{ status: string; total: number }>(sql`select status, total from naive_purchase.reservation_reservations where id = ${reservationId} for update`)
  const [wallet] = await tx.rows<{ id: number; balance: number }>(sql`select id, balance from naive_purchase.wallet_accounts where kind = 'wallet' and owner = ${userId} for update`)
  if (reserved?.status !== 'pending' || !wallet || wallet.balance < reserved.total) throw new Error('balance_insufficient')
  await tx.rows(sql`insert into naive_purchase.payment_payments (id, user_id, reservation_id, show_id, request_hash, created_at, next_at)
    values (${paymentId}, ${userId}, ${reservationId}, ${showId}, 'hash', ${now}, ${now})`)
  await tx.rows(sql`update naive_purchase.wallet_accounts set balance = balance - ${reserved.total} where id = ${wallet.id}`)
  await tx.rows(sql`insert into naive_purchase.wallet_transfers (debit, credit, amount, kind, ref, at, debit_balance, credit_balance)
    values (${wallet.id}, ${salesAccount}, ${reserved.total}, 'payment', ${paymentId}, ${now}, ${wallet.balance - reserved.total}, 0)`)
}

async function confirm(tx: Tx, { seatId, holdId, reservationId, paymentId }: Ids) {
  const now = at(Date.now())
  await tx.rows(sql`update naive_purchase.reservation_reservations set status = 'confirmed', payment_id = ${paymentId}, paid_amount = ${price}, confirmed_at = ${now}, event_version = 1 where id = ${reservationId}`)
  await tx.rows(sql`update naive_purchase.reservation_lines set sold = true where reservation_id = ${reservationId}`)
  await tx.rows(sql`update naive_purchase.seat_seats set status = 3, reservation_id = ${reservationId}, version = version + 1 where show_id = ${showId} and id = ${seatId}`)
  await tx.rows(sql`update naive_purchase.seat_holds set ended_reason = 'sold', ended_at = ${now} where id = ${holdId}`)
  await tx.rows(sql`update naive_purchase.payment_payments set status = 'completed', amount = ${price}, ended_at = ${now}, event_version = 1 where id = ${paymentId}`)
  await tx.rows(sql`insert into naive_purchase.reservation_outbox (key, version, slot, name, data, occurred_at) values (${reservationId}, 1, 0, 'reservation.confirmed', ${JSON.stringify({ seatId })}::jsonb, ${now})`)
  await tx.rows(sql`insert into naive_purchase.payment_outbox (key, version, slot, name, data, occurred_at) values (${paymentId}, 1, 0, 'payment.completed', ${JSON.stringify({ seatId })}::jsonb, ${now})`)
}
