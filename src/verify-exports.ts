import sql, { raw, type Sql } from 'sql-template-tag'
import { at, type Reader } from './platform/database.ts'
import { type ServiceName, serviceNames } from './services.ts'

/**
 * What services export to be compared: pages in the order of a key, and look-ups by keys of a page. No statement reads
 * more rows than a page names, and none joins two services' schemas: each may have a database of its own.
 */

/** Rows after this one, in key order, at most a page; the filter is the caller's, so that a statement's work is bounded. */
export type PageOf<Row> = (db: Reader, after: Row | undefined, max: number) => Promise<Row[]>

const nil = '00000000-0000-0000-0000-000000000000'
const byId = <Row extends { id: string }>(select: Sql): PageOf<Row> => (db, after, max) =>
  db.rows<Row>(sql`${select} where id > ${after?.id ?? nil}::uuid order by id limit ${max}::int`)

export type Seat = { show_id: string; id: number; status: number; reservation_id: string | null }
const seatPage: PageOf<Seat> = (db, after, max) => db.rows<Seat>(sql`
  select show_id, id, status, reservation_id from seat.seats
  where (show_id, id) > (${after?.show_id ?? nil}::uuid, ${after?.id ?? 0}::int) order by show_id, id limit ${max}::int`)

export type Line = { show_id: string; seat_id: number; reservation_id: string; active: boolean; status: string }
const linePage: PageOf<Line> = (db, after, max) => db.rows<Line>(sql`
  select l.show_id, l.seat_id, l.reservation_id, l.status = 'active' as active, r.status from (
    select * from reservation.lines
    where (reservation_id, seat_id) > (${after?.reservation_id ?? nil}::uuid, ${after?.seat_id ?? 0}::int)
    order by reservation_id, seat_id limit ${max}::int) l
  left join reservation.reservations r on r.id = l.reservation_id order by l.reservation_id, l.seat_id`)

export type Payment = { id: string; user_id: string; reservation_id: string; amount: number | null; status: string }
const paymentPage = byId<Payment>(sql`select id, user_id, reservation_id, amount, status from payment.payments`)

export type Reservation = { id: string; user_id: string; status: string }
const reservationPage = byId<Reservation>(sql`select id, user_id, status from reservation.reservations`)

export type Hold = { id: string; user_id: string; reservation_id: string | null }
const holdPage = byId<Hold>(sql`select id, user_id, reservation_id from seat.holds`)

export type Refund = { cancellation_id: string; amount: number; status: string }
const refundPage: PageOf<Refund> = (db, after, max) => db.rows<Refund>(sql`
  select cancellation_id, amount, status from payment.refunds
  where cancellation_id > ${after?.cancellation_id ?? nil}::uuid order by cancellation_id limit ${max}::int`)

export type Transfer = { ref: string }
const transferPage = (kind: string): PageOf<Transfer> => (db, after, max) => db.rows<Transfer>(sql`
  select ref from wallet.transfers where kind = ${kind} and ref > ${after?.ref ?? nil}::uuid order by ref limit ${max}::int`)

export type Quota = { show_id: string; user_id: string; number: number }
const quotaPage: PageOf<Quota> = (db, after, max) => db.rows<Quota>(sql`
  select show_id, user_id, last_pass_held as number from seat.quotas
  where (show_id, user_id) > (${after?.show_id ?? nil}::uuid, ${after?.user_id ?? nil}::uuid)
  order by show_id, user_id limit ${max}::int`)

/** Whom these seats are sold to, by show and seat. */
async function soldTo(db: Reader, seats: { show_id: string; seat_id: number }[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ name: string; reservation_id: string }>(sql`
    select s.show_id || ' ' || s.id as name, s.reservation_id
    from unnest(${seats.map((s) => s.show_id)}::uuid[], ${seats.map((s) => s.seat_id)}::int[]) as w(show_id, id)
    join seat.seats s on s.show_id = w.show_id and s.id = w.id where s.status = 3`)
  return new Map(rows.map((row) => [row.name, row.reservation_id]))
}

/** Which of these seats are on an active line of their reservation, while that is confirmed or paying. */
async function onLines(db: Reader, seats: Seat[]): Promise<Set<string>> {
  const rows = await db.rows<{ name: string }>(sql`
    select l.show_id || ' ' || l.seat_id || ' ' || l.reservation_id as name
    from unnest(${seats.map((s) => s.reservation_id)}::uuid[], ${seats.map((s) => s.id)}::int[]) as w(reservation_id, seat_id)
    join reservation.lines l on l.reservation_id = w.reservation_id and l.seat_id = w.seat_id
    join reservation.reservations r on r.id = l.reservation_id
    where l.status = 'active' and r.status in ('confirmed', 'paying')`)
  return new Set(rows.map((row) => row.name))
}

/** What the active lines of confirmed reservations cost, by reservation. */
async function worthOf(db: Reader, reservationIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ id: string; total: number }>(sql`
    select l.reservation_id as id, sum(l.price + l.fee)::bigint as total from reservation.lines l
    join reservation.reservations r on r.id = l.reservation_id
    where l.reservation_id = any(${reservationIds}::uuid[]) and l.status = 'active' and r.status = 'confirmed' group by 1`)
  return new Map(rows.map((row) => [row.id, row.total]))
}

/** Refunds of these payments, owed ones too, summed by payment. */
async function refundedOf(db: Reader, paymentIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ id: string; total: number }>(sql`
    select payment_id as id, sum(amount)::bigint as total from payment.refunds
    where payment_id = any(${paymentIds}::uuid[]) group by 1`)
  return new Map(rows.map((row) => [row.id, row.total]))
}

async function paidReservations(db: Reader, reservationIds: string[]): Promise<Set<string>> {
  const rows = await db.rows<{ id: string }>(sql`
    select reservation_id as id from payment.payments
    where reservation_id = any(${reservationIds}::uuid[]) and status in ('pending', 'completed') and status = 'completed'`)
  return new Set(rows.map((row) => row.id))
}

/** What was moved for these refs, by ref. */
async function movedFor(db: Reader, kind: string, refs: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ ref: string; amount: number }>(sql`
    select ref, amount from wallet.transfers where kind = ${kind} and ref = any(${refs}::uuid[])`)
  return new Map(rows.map((row) => [row.ref, row.amount]))
}

async function knownPayments(db: Reader, ids: string[]): Promise<Set<string>> {
  return idsOf(await db.rows(sql`select id from payment.payments where id = any(${ids}::uuid[])`))
}

async function knownRefunds(db: Reader, ids: string[]): Promise<Set<string>> {
  return idsOf(await db.rows(sql`select cancellation_id as id from payment.refunds where cancellation_id = any(${ids}::uuid[])`))
}

async function ownersOf(db: Reader, reservationIds: string[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ id: string; user_id: string }>(sql`
    select id, user_id from reservation.reservations where id = any(${reservationIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, row.user_id]))
}

/** The highest pass number these users were given, by show and user. */
async function passesOf(db: Reader, userIds: string[]): Promise<Map<string, number>> {
  const rows = await db.rows<{ name: string; number: number }>(sql`
    select l.show_id || ' ' || p.user_id as name, max(p.pass_no) as number from queue.places p
    join queue.lines l using (window_id) where p.user_id = any(${userIds}::uuid[]) group by 1`)
  return new Map(rows.map((row) => [row.name, row.number]))
}

const idsOf = (rows: { id: string }[]) => new Set(rows.map((row) => row.id))

/** At most `max` of the oldest news and of the parked messages of a service. */
const waitingIn = (service: ServiceName) => async (db: Reader, occurredBefore: number, max: number): Promise<unknown[]> => [
  ...await db.rows(sql`select ${service}::text as service, key, name from ${raw(`"${service}"`)}.outbox where occurred_at < ${at(occurredBefore)} limit ${max}::int`),
  ...await db.rows(sql`select ${service}::text as parked_by, producer, key, name, error from ${raw(`"${service}"`)}.parked limit ${max}::int`),
]

const exported = {
  wallet: { paymentTransferPage: transferPage('payment'), refundTransferPage: transferPage('refund'), movedFor },
  seat: { seatPage, holdPage, quotaPage, soldTo },
  queue: { passesOf },
  reservation: { linePage, reservationPage, onLines, worthOf, ownersOf },
  payment: { paymentPage, refundPage, refundedOf, paidReservations, knownPayments, knownRefunds },
}
type Bound<F> = F extends (db: Reader, ...args: infer A) => infer R ? (...args: A) => R : never
type BoundAll<All> = { [Name in keyof All]: Bound<All[Name]> }
type Waiting = { waiting: Bound<ReturnType<typeof waitingIn>> }
export type Exports = { [S in ServiceName]: Waiting & (S extends keyof typeof exported ? BoundAll<(typeof exported)[S]> : unknown) }
/** One export by its name, as another process asks for it. */
export type AnyExport = (db: Reader, ...args: never[]) => Promise<unknown>

export const exportsOfService = (service: ServiceName): Record<string, AnyExport> => ({
  waiting: waitingIn(service),
  ...(exported as Partial<Record<ServiceName, Record<string, AnyExport>>>)[service],
})

/** Every export, asked of wherever `ask` finds the service. */
export function exportsBy(ask: (service: ServiceName, name: string, args: unknown[]) => Promise<unknown>): Exports {
  const bound = serviceNames.map((service) =>
    [service, Object.fromEntries(Object.keys(exportsOfService(service)).map((name) => [name, (...args: unknown[]) => ask(service, name, args)]))])
  return Object.fromEntries(bound) as Exports
}

/** Every export, read from the database that has the service's schema. */
export const exportsFrom = (dbOf: (service: ServiceName) => Reader): Exports =>
  exportsBy((service, name, args) => (exportsOfService(service)[name] as AnyExport)(dbOf(service), ...(args as never[])))
