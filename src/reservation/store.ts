import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { type Line, type Reservation, reservationLimits } from './api.ts'

export type Status = 'pending' | 'paying' | 'confirmed' | 'cancelled' | 'expired'

export type ReservationRow = {
  id: string
  /** null where seat said the end before the reservation was written */
  number: string | null
  userId: string
  showId: string
  status: Status
  total: number
  paidAmount: number | null
  paymentId: string | null
  paymentsCount: number
  holdId: string | null
  holdEnded: string | null
  releaseAt: number | null
  showStartsAt: number | null
  cutoffMinutes: number | null
  requestHash: string | null
  endedReason: string | null
  createdAt: number
  confirmedAt: number | null
  endedAt: number | null
  eventVersion: number
}
export type LineRow = Line & { reservationId: string }
export type NewReservation = {
  id: string
  number: string
  userId: string
  showId: string
  holdId: string
  showStartsAt: number
  planVersion: number
  policyVersion: number
  cutoffMinutes: number
  requestHash: string
  createdAt: number
  lines: Line[]
}
/** A reservation that ended before it was written. */
export type EarlyEnd = { id: string; userId: string; showId: string; status: 'cancelled' | 'expired'; reason: string; at: number }

const columns = sql`r.id, r.number, r.user_id as "userId", r.show_id as "showId", r.status, r.total,
  r.paid_amount as "paidAmount", r.payment_id as "paymentId", r.payments_count as "paymentsCount",
  r.hold_id as "holdId", r.hold_ended as "holdEnded", r.release_at as "releaseAt",
  r.show_starts_at as "showStartsAt", r.cutoff_minutes as "cutoffMinutes", r.request_hash as "requestHash",
  r.ended_reason as "endedReason", r.created_at as "createdAt", r.confirmed_at as "confirmedAt",
  r.ended_at as "endedAt", r.event_version as "eventVersion"`

export async function readReservations(db: Reader, ids: string[]): Promise<ReservationRow[]> {
  return db.rows<ReservationRow>(sql`select ${columns} from reservation.reservations r where r.id = any(${ids}::uuid[])`)
}

/** Locks in id order; what else is needed of them is read in a later statement. */
export async function lockReservations(tx: Tx, ids: string[]): Promise<ReservationRow[]> {
  return tx.rows<ReservationRow>(sql`
    select ${columns} from reservation.reservations r where r.id = any(${ids}::uuid[])
    order by r.id for no key update`)
}

export async function readLines(db: Reader, ids: string[]): Promise<LineRow[]> {
  return db.rows<LineRow>(sql`
    select reservation_id as "reservationId", seat_id as "seatId", section, row_name as row, number, grade,
      price_type as "priceType", price, fee, status
    from reservation.lines where reservation_id = any(${ids}::uuid[]) order by reservation_id, seat_id`)
}

/** A user's reservations, newest first. */
export async function listReservations(
  db: Reader,
  { userId, before, limit }: { userId: string; before?: { createdAt: number; id: string }; limit: number },
): Promise<ReservationRow[]> {
  const from = before ? sql`and (r.created_at, r.id) < (${at(before.createdAt)}::timestamptz, ${before.id}::uuid)` : sql``
  return db.rows<ReservationRow>(sql`
    select ${columns} from reservation.reservations r
    where r.user_id = ${userId} and r.number is not null ${from}
    order by r.created_at desc, r.id desc limit ${limit}`)
}

export async function reservationsOfShow(db: Reader, userId: string, showId: string): Promise<ReservationRow[]> {
  return db.rows<ReservationRow>(sql`
    select ${columns} from reservation.reservations r
    where r.user_id = ${userId} and r.show_id = ${showId} and r.number is not null order by r.created_at, r.id limit 100`)
}

/** Inserts what is not there yet, by id or by number; returns the ids that are new. Lines are inserted apart. */
export async function holderOf(db: Reader, { showId, number }: { showId: string; number: string }): Promise<string | undefined> {
  const [row] = await db.rows<{ userId: string }>(sql`select user_id as "userId" from reservation.reservations where number = ${number} and show_id = ${showId}`)
  return row?.userId
}

export async function insertReservations(tx: Tx, rows: NewReservation[]): Promise<Set<string>> {
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const inserted = await tx.rows<{ id: string }>(sql`
    insert into reservation.reservations (id, number, user_id, show_id, status, total, hold_id, show_starts_at,
      plan_version, policy_version, cutoff_minutes, request_hash, created_at)
    select n.id, n.number, n.user_id, n.show_id, 'pending', n.total, n.hold_id, n.starts_at,
      n.plan_version, n.policy_version, n.cutoff, n.hash, n.created_at
    from unnest(${sorted.map((r) => r.id)}::uuid[], ${sorted.map((r) => r.number)}::text[],
      ${sorted.map((r) => r.userId)}::uuid[], ${sorted.map((r) => r.showId)}::uuid[],
      ${sorted.map((r) => sumOf(r.lines))}::bigint[], ${sorted.map((r) => r.holdId)}::uuid[],
      ${sorted.map((r) => at(r.showStartsAt))}::timestamptz[], ${sorted.map((r) => r.planVersion)}::int[],
      ${sorted.map((r) => r.policyVersion)}::int[], ${sorted.map((r) => r.cutoffMinutes)}::int[],
      ${sorted.map((r) => r.requestHash)}::text[], ${sorted.map((r) => at(r.createdAt))}::timestamptz[])
      as n(id, number, user_id, show_id, total, hold_id, starts_at, plan_version, policy_version, cutoff, hash, created_at)
    order by n.id
    on conflict do nothing returning id`)
  return new Set(inserted.map((row) => row.id))
}

export async function insertLines(tx: Tx, rows: NewReservation[]): Promise<void> {
  const lines = rows.flatMap((r) => r.lines.map((line) => ({ ...line, reservationId: r.id, showId: r.showId })))
  if (lines.length === 0) return
  await tx.rows(sql`
    insert into reservation.lines (reservation_id, show_id, seat_id, section, row_name, number, grade, price_type, price, fee)
    select * from unnest(${lines.map((l) => l.reservationId)}::uuid[], ${lines.map((l) => l.showId)}::uuid[],
      ${lines.map((l) => l.seatId)}::int[], ${lines.map((l) => l.section)}::text[], ${lines.map((l) => l.row)}::text[],
      ${lines.map((l) => l.number)}::text[], ${lines.map((l) => l.grade)}::text[],
      ${lines.map((l) => l.priceType)}::text[], ${lines.map((l) => l.price)}::bigint[], ${lines.map((l) => l.fee)}::bigint[])`)
}

/** Writes ends that came before their reservations; a create that is under way is waited for, then wins. */
export async function insertEarlyEnds(tx: Tx, ends: EarlyEnd[]): Promise<Set<string>> {
  const sorted = ends.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const inserted = await tx.rows<{ id: string }>(sql`
    insert into reservation.reservations (id, user_id, show_id, status, ended_reason, created_at, ended_at)
    select e.id, e.user_id, e.show_id, e.status, e.reason, e.at, e.at
    from unnest(${sorted.map((e) => e.id)}::uuid[], ${sorted.map((e) => e.userId)}::uuid[],
      ${sorted.map((e) => e.showId)}::uuid[], ${sorted.map((e) => e.status)}::text[],
      ${sorted.map((e) => e.reason)}::text[], ${sorted.map((e) => at(e.at))}::timestamptz[])
      as e(id, user_id, show_id, status, reason, at)
    order by e.id
    on conflict (id) do nothing returning id`)
  return new Set(inserted.map((row) => row.id))
}

/** Writes what may change of locked reservations, each once. */
export async function writeReservations(tx: Tx, rows: ReservationRow[]): Promise<void> {
  if (rows.length === 0) return
  const instants = (pick: (row: ReservationRow) => number | null) => rows.map(pick).map((ms) => (ms === null ? null : at(ms)))
  const written = await tx.rows(sql`
    update reservation.reservations r set status = n.status, total = n.total, paid_amount = n.paid_amount,
      payment_id = n.payment_id, payments_count = n.payments_count, hold_ended = n.hold_ended,
      release_at = n.release_at, ended_reason = n.ended_reason, confirmed_at = n.confirmed_at,
      ended_at = n.ended_at, event_version = n.event_version
    from unnest(${rows.map((r) => r.id)}::uuid[], ${rows.map((r) => r.status)}::text[],
      ${rows.map((r) => r.total)}::bigint[], ${rows.map((r) => r.paidAmount)}::bigint[],
      ${rows.map((r) => r.paymentId)}::uuid[], ${rows.map((r) => r.paymentsCount)}::int[],
      ${rows.map((r) => r.holdEnded)}::text[], ${instants((r) => r.releaseAt)}::timestamptz[],
      ${rows.map((r) => r.endedReason)}::text[], ${instants((r) => r.confirmedAt)}::timestamptz[],
      ${instants((r) => r.endedAt)}::timestamptz[], ${rows.map((r) => r.eventVersion)}::bigint[])
      as n(id, status, total, paid_amount, payment_id, payments_count, hold_ended, release_at, ended_reason,
        confirmed_at, ended_at, event_version)
    where r.id = n.id returning r.id`)
  assert.equal(written.length, rows.length, `wrote ${written.length} of ${rows.length} reservations`)
}

/** Ends lines, each once; `cancellationId` is null when a hold simply ended. */
export async function endLines(
  tx: Tx,
  ends: { reservationId: string; seatId: number; cancellationId: string | null; amount: number }[],
): Promise<void> {
  if (ends.length === 0) return
  const ended = await tx.rows<{ amount: number }>(sql`
    update reservation.lines l set status = 'cancelled', cancelled_by = e.cancellation_id
    from unnest(${ends.map((e) => e.reservationId)}::uuid[], ${ends.map((e) => e.seatId)}::int[],
      ${ends.map((e) => e.cancellationId)}::uuid[]) as e(reservation_id, seat_id, cancellation_id)
    where l.reservation_id = e.reservation_id and l.seat_id = e.seat_id and l.status = 'active'
    returning l.price + l.fee as amount`)
  assert.equal(ended.length, ends.length, `ended ${ended.length} of ${ends.length} lines`)
  const total = (all: { amount: number }[]) => all.reduce((sum, { amount }) => sum + amount, 0)
  assert.equal(total(ended), total(ends), 'a refund is the sum of the lines it ended')
}

export async function sellLines(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await tx.rows(sql`
    update reservation.lines set sold = true where reservation_id = any(${ids}::uuid[]) and status = 'active'`)
}

export const sumOf = (lines: Line[]) =>
  lines.reduce((sum, line) => (line.status === 'active' ? sum + line.price + line.fee : sum), 0)

/** The reservation as others see it; `until` is seat's one deadline, shown only while nothing is paid. */
export function toReservation(row: ReservationRow, lines: Line[], until: number | null): Reservation {
  return {
    id: row.id,
    number: row.number ?? '',
    userId: row.userId,
    showId: row.showId,
    status: row.status,
    total: row.total,
    expiresAt: row.status === 'pending' ? until : null,
    endedReason: row.endedReason,
    createdAt: row.createdAt,
    paymentsLeft: reservationLimits.paymentsMax - row.paymentsCount,
    lines: lines.map(({ seatId, section, row: rowName, number, grade, priceType, price, fee, status }) => ({
      seatId, section, row: rowName, number, grade, priceType, price, fee, status,
    })),
  }
}
