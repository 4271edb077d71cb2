import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Tx } from '../platform/database.ts'
import { isFree, isLive } from './live.ts'
import { ChangedMeanwhile } from './store-versions.ts'

export type SeatKey = { showId: string; seatId: number }
export type PinRow = {
  paymentId: string
  reservationId: string
  userId: string
  showId: string | null
  seatIds: number[]
  status: 'pinned' | 'sold' | 'unpinned'
  refusal: string | null
  pinnedAt?: number
}
export type BoundHold = {
  id: string
  showId: string
  userId: string
  reservationId: string
  seatIds: number[]
  until: number
  pinnedBy: string | null
  endedReason: string | null
}
export type BoundSeat = SeatKey & { status: number; holdId: string | null; reservationId: string | null }

/** A payment was answered by somebody else since it was looked for: decide again. */
export class PinWrittenMeanwhile extends ChangedMeanwhile {}

/** What was answered to payments so far. Stands still while the holds of their reservations are locked. */
export async function readPins(tx: Tx, paymentIds: string[]): Promise<Map<string, PinRow>> {
  const rows = await tx.rows<PinRow>(sql`
    select payment_id as "paymentId", reservation_id as "reservationId", user_id as "userId", show_id as "showId",
      seat_ids as "seatIds", status, refusal, pinned_at as "pinnedAt"
    from seat.pins where payment_id = any(${paymentIds}::uuid[])`)
  return new Map(rows.map((row) => [row.paymentId, row]))
}

/** The first answers of payments, each once; throws PinWrittenMeanwhile, which undoes the transaction. */
export async function insertPins(tx: Tx, pins: PinRow[], now: number) {
  if (pins.length === 0) return
  const sorted = pins.toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1))
  const rows = await tx.rows(sql`
    insert into seat.pins (payment_id, reservation_id, user_id, show_id, seat_ids, status, refusal, pinned_at)
    select p.payment_id, p.reservation_id, p.user_id, p.show_id, string_to_array(p.seat_ids, ',')::int[], p.status,
      p.refusal, ${at(now)}
    from unnest(${sorted.map((p) => p.paymentId)}::uuid[], ${sorted.map((p) => p.reservationId)}::uuid[],
      ${sorted.map((p) => p.userId)}::uuid[], ${sorted.map((p) => p.showId)}::uuid[],
      ${sorted.map((p) => p.seatIds.join(','))}::text[], ${sorted.map((p) => p.status)}::text[],
      ${sorted.map((p) => p.refusal)}::text[])
      as p(payment_id, reservation_id, user_id, show_id, seat_ids, status, refusal)
    order by p.payment_id on conflict (payment_id) do nothing returning 1 as one`)
  if (rows.length < pins.length) throw new PinWrittenMeanwhile('a payment was answered meanwhile')
}

/** Every hold bound to these reservations, live or ended, locked in id order. */
export const lockHolds = (tx: Tx, reservationIds: string[]) =>
  tx.rows<BoundHold>(sql`
    select id, show_id as "showId", user_id as "userId", reservation_id as "reservationId", seat_ids as "seatIds",
      until, pinned_by as "pinnedBy", ended_reason as "endedReason"
    from seat.holds where reservation_id = any(${reservationIds}::uuid[]) order by id for update`)

/** Locks seats in order; one look-up a seat, whatever the planner knows: a join without statistics reads the whole show. */
export const lockSeats = (tx: Tx, seats: SeatKey[]) =>
  tx.rows<BoundSeat>(sql`
    select s.* from (
      select * from unnest(${seats.map((s) => s.showId)}::uuid[], ${seats.map((s) => s.seatId)}::int[]) as w(show_id, id)
      order by show_id, id) w
    cross join lateral (
      select s.show_id as "showId", s.id as "seatId", s.status, s.hold_id as "holdId", s.reservation_id as "reservationId"
      from seat.seats s where s.show_id = w.show_id and s.id = w.id for update) s`)

/** Seats of live holds that a payment takes, gives back or buys; each changes or the batch is undone. */
export async function moveSeats(tx: Tx, seats: (SeatKey & { reservationId: string })[], from: number, to: number) {
  const rows = await tx.rows(sql`
    update seat.seats s set status = ${to}, version = s.version + 1,
      reservation_id = case when ${to}::int = 3 then w.reservation_id else s.reservation_id end
    from unnest(${seats.map((s) => s.showId)}::uuid[], ${seats.map((s) => s.seatId)}::int[],
      ${seats.map((s) => s.reservationId)}::uuid[]) as w(show_id, id, reservation_id)
    where s.show_id = w.show_id and s.id = w.id and s.status = ${from} and s.hold_id is not null returning 1 as one`)
  assert.equal(rows.length, seats.length, `seats from status ${from} to ${to}`)
}

export async function pinHolds(tx: Tx, holds: { id: string; paymentId: string }[]) {
  const rows = await tx.rows(sql`
    update seat.holds h set pinned_by = w.payment_id
    from unnest(${holds.map((h) => h.id)}::uuid[], ${holds.map((h) => h.paymentId)}::uuid[]) as w(id, payment_id)
    where h.id = w.id and ${isFree} returning 1 as one`)
  assert.equal(rows.length, holds.length, 'holds pinned')
}

export async function unpinHolds(tx: Tx, holdIds: string[], until: number) {
  const rows = await tx.rows(sql`
    update seat.holds set pinned_by = null, until = greatest(until, ${at(until)})
    where id = any(${holdIds}::uuid[]) and pinned_by is not null returning 1 as one`)
  assert.equal(rows.length, holdIds.length, 'holds unpinned')
}

export async function sellHolds(tx: Tx, holdIds: string[], now: number) {
  const rows = await tx.rows(sql`
    update seat.holds h set pinned_by = null, ended_reason = 'sold', ended_at = ${at(now)}
    where h.id = any(${holdIds}::uuid[]) and h.pinned_by is not null and ${isLive} returning 1 as one`)
  assert.equal(rows.length, holdIds.length, 'holds sold')
}

export async function storeUnpinned(tx: Tx, paymentIds: string[]) {
  const rows = await tx.rows(sql`
    update seat.pins set status = 'unpinned'
    where payment_id = any(${paymentIds}::uuid[]) and status = 'pinned' returning 1 as one`)
  assert.equal(rows.length, paymentIds.length, 'pins undone')
}

export async function storeSold(tx: Tx, paymentIds: string[], now: number) {
  const rows = await tx.rows(sql`
    update seat.pins set status = 'sold', sold_at = ${at(now)}
    where payment_id = any(${paymentIds}::uuid[]) and status = 'pinned' returning 1 as one`)
  assert.equal(rows.length, paymentIds.length, 'pins sold')
}

/** Locks the sold pins of reservations whose seats come back. `counts` says nothing new, but names the index. */
export const lockSoldPins = (tx: Tx, reservationIds: string[]) =>
  tx.rows<{ paymentId: string; reservationId: string; userId: string }>(sql`
    select payment_id as "paymentId", reservation_id as "reservationId", user_id as "userId" from seat.pins
    where reservation_id = any(${reservationIds}::uuid[]) and counts and status = 'sold'
    order by payment_id for update`)

/** Gives sold seats back: returned where somebody watches, else available. */
export async function freeSold(tx: Tx, seats: (SeatKey & { reservationId: string })[]) {
  const rows = await tx.rows<SeatKey & { status: number }>(sql`
    update seat.seats s set status = case when h.watch_count > 0 then 4 else 0 end, hold_id = null,
      reservation_id = null, version = s.version + 1
    from unnest(${seats.map((s) => s.showId)}::uuid[], ${seats.map((s) => s.seatId)}::int[],
      ${seats.map((s) => s.reservationId)}::uuid[]) as w(show_id, id, reservation_id)
    join seat.shows h on h.show_id = w.show_id
    where s.show_id = w.show_id and s.id = w.id and s.status = 3 and s.reservation_id = w.reservation_id
    returning s.show_id as "showId", s.id as "seatId", s.status`)
  assert.equal(rows.length, seats.length, 'sold seats given back')
  return rows
}

export async function storeFreed(tx: Tx, freed: { paymentId: string; seatIds: number[] }[]) {
  await tx.rows(sql`
    update seat.pins p set freed_seat_ids = p.freed_seat_ids || string_to_array(w.seat_ids, ',')::int[]
    from unnest(${freed.map((f) => f.paymentId)}::uuid[], ${freed.map((f) => f.seatIds.join(','))}::text[])
      as w(payment_id, seat_ids)
    where p.payment_id = w.payment_id`)
}

export async function lowerQuotas(tx: Tx, quotas: { showId: string; userId: string; seats: number }[]) {
  const rows = await tx.rows(sql`
    with locked as materialized (
      select q.show_id, q.user_id, w.seats from seat.quotas q
      join unnest(${quotas.map((q) => q.showId)}::uuid[], ${quotas.map((q) => q.userId)}::uuid[],
        ${quotas.map((q) => q.seats)}::int[]) as w(show_id, user_id, seats) using (show_id, user_id)
      order by q.show_id, q.user_id for update of q)
    update seat.quotas q set seats = q.seats - l.seats from locked l
    where q.show_id = l.show_id and q.user_id = l.user_id returning 1 as one`)
  assert.equal(rows.length, quotas.length, 'quotas lowered')
}
