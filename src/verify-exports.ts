import sql, { type Sql } from 'sql-template-tag'
import type { Reader } from './platform/database.ts'

/**
 * What services export to be compared: pages in the order of a key, and look-ups by keys of a page. No statement reads
 * more rows than a page names, and none joins two services' schemas.
 */

/** Rows after this one, in key order, at most a page; the filter is the caller's, so that a statement's work is bounded. */
export type PageOf<Row> = (db: Reader, after: Row | undefined, max: number) => Promise<Row[]>

const nil = '00000000-0000-0000-0000-000000000000'
const byId = <Row extends { id: string }>(select: Sql): PageOf<Row> => (db, after, max) =>
  db.rows<Row>(sql`${select} where id > ${after?.id ?? nil}::uuid order by id limit ${max}::int`)

export type Seat = { show_id: string; id: number; status: number; reservation_id: string | null }
export const seatPage: PageOf<Seat> = (db, after, max) => db.rows<Seat>(sql`
  select show_id, id, status, reservation_id from seat.seats
  where (show_id, id) > (${after?.show_id ?? nil}::uuid, ${after?.id ?? 0}::int) order by show_id, id limit ${max}::int`)

export type Line = { show_id: string; seat_id: number; reservation_id: string; active: boolean; status: string }
export const linePage: PageOf<Line> = (db, after, max) => db.rows<Line>(sql`
  select l.show_id, l.seat_id, l.reservation_id, l.status = 'active' as active, r.status from (
    select * from reservation.lines
    where (reservation_id, seat_id) > (${after?.reservation_id ?? nil}::uuid, ${after?.seat_id ?? 0}::int)
    order by reservation_id, seat_id limit ${max}::int) l
  left join reservation.reservations r on r.id = l.reservation_id order by l.reservation_id, l.seat_id`)

export type Payment = { id: string; user_id: string; reservation_id: string; amount: number | null; status: string }
export const paymentPage = byId<Payment>(sql`select id, user_id, reservation_id, amount, status from payment.payments`)

export type Reservation = { id: string; user_id: string; status: string }
export const reservationPage = byId<Reservation>(sql`select id, user_id, status from reservation.reservations`)

export type Hold = { id: string; user_id: string; reservation_id: string | null }
export const holdPage = byId<Hold>(sql`select id, user_id, reservation_id from seat.holds`)

export type Refund = { cancellation_id: string; amount: number; status: string }
export const refundPage: PageOf<Refund> = (db, after, max) => db.rows<Refund>(sql`
  select cancellation_id, amount, status from payment.refunds
  where cancellation_id > ${after?.cancellation_id ?? nil}::uuid order by cancellation_id limit ${max}::int`)

export type Transfer = { ref: string }
export const transferPage = (kind: string): PageOf<Transfer> => (db, after, max) => db.rows<Transfer>(sql`
  select ref from wallet.transfers where kind = ${kind} and ref > ${after?.ref ?? nil}::uuid order by ref limit ${max}::int`)

export type Quota = { show_id: string; user_id: string; number: number }
export const quotaPage: PageOf<Quota> = (db, after, max) => db.rows<Quota>(sql`
  select show_id, user_id, last_pass_held as number from seat.quotas
  where (show_id, user_id) > (${after?.show_id ?? nil}::uuid, ${after?.user_id ?? nil}::uuid)
  order by show_id, user_id limit ${max}::int`)

/** Whom these seats are sold to, by show and seat. */
export async function soldTo(db: Reader, seats: { show_id: string; seat_id: number }[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ name: string; reservation_id: string }>(sql`
    select s.show_id || ' ' || s.id as name, s.reservation_id
    from unnest(${seats.map((s) => s.show_id)}::uuid[], ${seats.map((s) => s.seat_id)}::int[]) as w(show_id, id)
    join seat.seats s on s.show_id = w.show_id and s.id = w.id where s.status = 3`)
  return new Map(rows.map((row) => [row.name, row.reservation_id]))
}

/** Which of these seats are on an active line of their reservation, while that is confirmed or paying. */
export async function onLines(db: Reader, seats: Seat[]): Promise<Set<string>> {
  const rows = await db.rows<{ name: string }>(sql`
    select l.show_id || ' ' || l.seat_id || ' ' || l.reservation_id as name
    from unnest(${seats.map((s) => s.reservation_id)}::uuid[], ${seats.map((s) => s.id)}::int[]) as w(reservation_id, seat_id)
    join reservation.lines l on l.reservation_id = w.reservation_id and l.seat_id = w.seat_id
    join reservation.reservations r on r.id = l.reservation_id
    where l.status = 'active' and r.status in ('confirmed', 'paying')`)
  return new Set(rows.map((row) => row.name))
}

/** What the active lines of confirmed reservations cost, by reservation. */
export async function worthOf(db: Reader, reservationIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ id: string; total: number }>(sql`
    select l.reservation_id as id, sum(l.price + l.fee)::bigint as total from reservation.lines l
    join reservation.reservations r on r.id = l.reservation_id
    where l.reservation_id = any(${reservationIds}::uuid[]) and l.status = 'active' and r.status = 'confirmed' group by 1`)
  return new Map(rows.map((row) => [row.id, row.total]))
}

/** Refunds of these payments, owed ones too, summed by payment. */
export async function refundedOf(db: Reader, paymentIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ id: string; total: number }>(sql`
    select payment_id as id, sum(amount)::bigint as total from payment.refunds
    where payment_id = any(${paymentIds}::uuid[]) group by 1`)
  return new Map(rows.map((row) => [row.id, row.total]))
}

export async function paidReservations(db: Reader, reservationIds: string[]): Promise<Set<string>> {
  const rows = await db.rows<{ id: string }>(sql`
    select reservation_id as id from payment.payments
    where reservation_id = any(${reservationIds}::uuid[]) and status in ('pending', 'completed') and status = 'completed'`)
  return new Set(rows.map((row) => row.id))
}

/** What was moved for these refs, by ref. */
export async function movedFor(db: Reader, kind: string, refs: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ ref: string; amount: number }>(sql`
    select ref, amount from wallet.transfers where kind = ${kind} and ref = any(${refs}::uuid[])`)
  return new Map(rows.map((row) => [row.ref, row.amount]))
}

export async function knownPayments(db: Reader, ids: string[]): Promise<Set<string>> {
  return idsOf(await db.rows(sql`select id from payment.payments where id = any(${ids}::uuid[])`))
}

export async function knownRefunds(db: Reader, ids: string[]): Promise<Set<string>> {
  return idsOf(await db.rows(sql`select cancellation_id as id from payment.refunds where cancellation_id = any(${ids}::uuid[])`))
}

export async function ownersOf(db: Reader, reservationIds: string[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ id: string; user_id: string }>(sql`
    select id, user_id from reservation.reservations where id = any(${reservationIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row.user_id]))
}

/** The highest pass number these users were given, by show and user. */
export async function passesOf(db: Reader, userIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ name: string; number: number }>(sql`
    select l.show_id || ' ' || p.user_id as name, max(p.pass_no) as number from queue.places p
    join queue.lines l using (window_id) where p.user_id = any(${userIds}::uuid[]) group by 1`)
  return new Map(rows.map((row) => [row.name, row.number]))
}

const idsOf = (rows: { id: string }[]) => new Set(rows.map((row) => row.id))
