import sql from 'sql-template-tag'
import { at, type Reader } from '../platform/database.ts'

/** Lines of one reservation or cancellation that share grade and price type. */
type Lines = { grade: string; priceType: string; seats: number; price: number; fee: number }
export type LiveLines = Lines & { id: string; userId: string; confirmedAt: number | null }
export type RefundedLines = Lines & { id: string; reservationId: string; at: number; by: string | null; reason: string; confirmedAt: number }
export type RefundPlace = { at: number; id: string }

const firstId = '00000000-0000-0000-0000-000000000000'
export const firstRefund: RefundPlace = { at: 0, id: firstId }

/** Active lines of the next `limit` live reservations of a show, in the order of their ids. */
export const liveLines = (db: Reader, showId: string, after: string | undefined, limit: number) =>
  db.rows<LiveLines>(sql`
    with page as materialized (
      select id, user_id, confirmed_at from reservation.reservations
      where show_id = ${showId} and ended_at is null and id > ${after ?? firstId}::uuid order by id limit ${limit}::int)
    select p.id, p.user_id as "userId", p.confirmed_at as "confirmedAt", l.grade, l.price_type as "priceType",
      count(*)::int as seats, sum(l.price)::bigint as price, sum(l.fee)::bigint as fee
    from page p cross join lateral (
      select grade, price_type, price, fee from reservation.lines where reservation_id = p.id and status = 'active') l
    group by p.id, p.user_id, p.confirmed_at, l.grade, l.price_type order by p.id`)

/** Paid lines that the next `limit` cancellations of a show ended, in the order of their time. */
export const refundedLines = (db: Reader, showId: string, after: RefundPlace, limit: number) =>
  db.rows<RefundedLines>(sql`
    with page as materialized (
      select id, reservation_id, created_at, by, reason from reservation.cancellations
      where show_id = ${showId} and paid and (created_at, id) > (${at(after.at)}, ${after.id}::uuid)
      order by created_at, id limit ${limit}::int)
    select p.id, p.reservation_id as "reservationId", p.created_at as at, p.by, p.reason, r.confirmed_at as "confirmedAt",
      l.grade, l.price_type as "priceType", count(*)::int as seats, sum(l.price)::bigint as price, sum(l.fee)::bigint as fee
    from page p cross join lateral (
      select confirmed_at from reservation.reservations where id = p.reservation_id) r
    cross join lateral (
      select grade, price_type, price, fee from reservation.lines where reservation_id = p.reservation_id and cancelled_by = p.id) l
    group by p.id, p.reservation_id, p.created_at, p.by, p.reason, r.confirmed_at, l.grade, l.price_type
    order by p.created_at, p.id`)

export type SoldLine = {
  number: string; confirmedAt: number; seatId: number; section: string; row: string; seat: string; grade: string; priceType: string; price: number; fee: number
}
export type RefundedLine = SoldLine & { cancellationId: string }

const seatOf = sql`l.seat_id as "seatId", l.section, l.row_name as row, l.number as seat, l.grade, l.price_type as "priceType", l.price, l.fee`

/** Who owns the seats of a show now, in the order of the plan. */
export const soldLines = (db: Reader, showId: string, afterSeat: number, limit: number) =>
  db.rows<SoldLine>(sql`
    with l as materialized (
      select * from reservation.lines
      where show_id = ${showId} and status = 'active' and sold and seat_id > ${afterSeat}::int order by seat_id limit ${limit}::int)
    select r.number, r.confirmed_at as "confirmedAt", ${seatOf}
    from l cross join lateral (select number, confirmed_at from reservation.reservations where id = l.reservation_id) r
    order by l.seat_id`)

/** The paid lines that these cancellations ended. */
export const linesOfCancellations = (db: Reader, ids: string[]) =>
  db.rows<RefundedLine>(sql`
    select r.number, r.confirmed_at as "confirmedAt", ${seatOf}, c.id as "cancellationId"
    from unnest(${ids}::uuid[]) as w(id)
    cross join lateral (select id, reservation_id from reservation.cancellations where id = w.id) c
    cross join lateral (select number, confirmed_at from reservation.reservations where id = c.reservation_id) r
    cross join lateral (select * from reservation.lines where reservation_id = c.reservation_id and cancelled_by = c.id) l
    order by l.seat_id`)

export type RefundRow = { id: string; at: number; reservationId: string; number: string; refund: number; by: string | null; reason: string }
const refundColumns = sql`c.id, c.created_at as at, c.reservation_id as "reservationId", r.number, c.refund, c.by, c.reason`
const numberOf = sql`cross join lateral (select number from reservation.reservations where id = c.reservation_id) r`

/** Cancellations of paid seats, newest first, before one of them. */
export const newestRefunds = (db: Reader, showId: string, before: RefundPlace | undefined, limit: number) =>
  db.rows<RefundRow>(sql`
    with c as materialized (
      select * from reservation.cancellations
      where show_id = ${showId} and paid and (created_at, id) < (${before ? at(before.at) : 'infinity'}::timestamptz, ${before?.id ?? firstId}::uuid)
      order by created_at desc, id desc limit ${limit}::int)
    select ${refundColumns} from c ${numberOf} order by c.created_at desc, c.id desc`)

/** The same, oldest first, after one of them. */
export const oldestRefunds = (db: Reader, showId: string, after: RefundPlace, limit: number) =>
  db.rows<RefundRow>(sql`
    with c as materialized (
      select * from reservation.cancellations
      where show_id = ${showId} and paid and (created_at, id) > (${at(after.at)}, ${after.id}::uuid)
      order by created_at, id limit ${limit}::int)
    select ${refundColumns} from c ${numberOf} order by c.created_at, c.id`)
