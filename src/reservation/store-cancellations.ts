import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { intArray } from './store-payments.ts'

export type CancellationRow = {
  id: string
  reservationId: string
  seatIds: number[]
  refund: number
  reason: string
  by: string | null
  requestHash: string
  createdAt: number
}
/** What else is written with it: whose show's seats these are, and whether they were paid. */
export type NewCancellation = CancellationRow & { showId: string; paid: boolean }

const columns = sql`id, reservation_id as "reservationId", seat_ids as "seatIds", refund, reason, by,
  request_hash as "requestHash", created_at as "createdAt"`

export async function readCancellations(tx: Tx, ids: string[]): Promise<CancellationRow[]> {
  return tx.rows<CancellationRow>(sql`select ${columns} from reservation.cancellations where id = any(${ids}::uuid[])`)
}

export async function cancellationsOf(db: Reader, reservationIds: string[]): Promise<CancellationRow[]> {
  return db.rows<CancellationRow>(sql`
    select ${columns} from reservation.cancellations where reservation_id = any(${reservationIds}::uuid[])
    order by created_at, id`)
}

export async function insertCancellations(tx: Tx, rows: NewCancellation[]): Promise<void> {
  if (rows.length === 0) return
  await tx.rows(sql`
    insert into reservation.cancellations (id, reservation_id, seat_ids, refund, reason, by, request_hash, created_at, show_id, paid)
    select c.id, c.reservation_id, c.seat_ids::int[], c.refund, c.reason, c.by, c.hash, c.created_at, c.show_id, c.paid
    from unnest(${rows.map((c) => c.id)}::uuid[], ${rows.map((c) => c.reservationId)}::uuid[],
      ${rows.map((c) => intArray(c.seatIds))}::text[], ${rows.map((c) => c.refund)}::bigint[],
      ${rows.map((c) => c.reason)}::text[], ${rows.map((c) => c.by)}::uuid[], ${rows.map((c) => c.requestHash)}::text[],
      ${rows.map((c) => at(c.createdAt))}::timestamptz[], ${rows.map((c) => c.showId)}::uuid[], ${rows.map((c) => c.paid)}::boolean[])
      as c(id, reservation_id, seat_ids, refund, reason, by, hash, created_at, show_id, paid)`)
}

/** Reservations whose seats are still to be given back; each is lent to the caller until `next`. */
export async function takeReleases(db: Reader, { now, next, limit }: { now: number; next: number; limit: number }) {
  return db.rows<{ id: string; userId: string; holdId: string }>(sql`
    with due as materialized (
      select id from reservation.reservations where release_at <= ${at(now)} order by release_at
      limit ${limit} for no key update skip locked)
    update reservation.reservations r set release_at = ${at(next)} from due where r.id = due.id
    returning r.id, r.user_id as "userId", r.hold_id as "holdId"`)
}

export async function markReleased(db: Reader, ids: string[]): Promise<void> {
  await db.rows(sql`
    with done as materialized (
      select id from reservation.reservations where id = any(${ids}::uuid[]) order by id for no key update)
    update reservation.reservations r set release_at = null from done where r.id = done.id`)
}
