import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { SeatKey } from './store-pins.ts'

export type ClosedHold = { id: string; showId: string; userId: string; reservationId: string | null; seatIds: number[] }

/** Live unpinned holds of closed shows; those bound together come together. */
export const holdsOfClosed = (db: Reader, limit: number) =>
  db.rows<{ id: string }>(sql`
    with found as (
      select h.id, h.reservation_id from seat.holds h join seat.shows s on s.show_id = h.show_id
      where s.status = 'closed' and h.ended_reason is null and h.pinned_by is null limit ${limit})
    select id from found union
    select h.id from found join seat.holds h on h.reservation_id = found.reservation_id
    where h.ended_reason is null and h.pinned_by is null`)

export const lockLiveHolds = (tx: Tx, holdIds: string[], dueBefore = Number.POSITIVE_INFINITY) =>
  tx.rows<ClosedHold>(sql`
    select id, show_id as "showId", user_id as "userId", reservation_id as "reservationId", seat_ids as "seatIds"
    from seat.holds where id = any(${holdIds}::uuid[]) and ended_reason is null and pinned_by is null
      and until <= ${Number.isFinite(dueBefore) ? at(dueBefore) : 'infinity'}::timestamptz
    order by id for update`)

export async function endHolds(tx: Tx, holdIds: string[], reason: string, now: number) {
  const rows = await tx.rows(sql`
    update seat.holds set ended_reason = ${reason}, ended_at = ${at(now)}
    where id = any(${holdIds}::uuid[]) and ended_reason is null and pinned_by is null returning 1 as one`)
  assert.equal(rows.length, holdIds.length, 'holds ended')
}

/** Gives held seats of these holds back: returned where somebody watches, else available. */
export const freeHeld = (tx: Tx, holdIds: string[]) =>
  tx.rows<SeatKey & { status: number }>(sql`
    update seat.seats s set status = case when h.watch_count > 0 then 4 else 0 end, hold_id = null,
      reservation_id = null, version = s.version + 1
    from seat.shows h where h.show_id = s.show_id and s.hold_id = any(${holdIds}::uuid[]) and s.status = 1
    returning s.show_id as "showId", s.id as "seatId", s.status`)
