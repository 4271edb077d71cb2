import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { isFree } from './live.ts'
import type { HoldRow } from './store-holds.ts'
import type { SeatKey } from './store-pins.ts'

/** Holds of one reservation end together. */
export type BoundId = Pick<HoldRow, 'id' | 'reservationId'>
export type EndingHold = Pick<HoldRow, 'id' | 'showId' | 'userId' | 'reservationId' | 'seatIds'>

export async function emptyingShows(db: Reader): Promise<string[]> {
  const rows = await db.rows<{ showId: string }>(sql`select show_id as "showId" from seat.shows
    where emptying and status = 'closed' order by show_id`)
  return rows.map((row) => row.showId)
}

/** Who of these lately let go of one of these seats, when the show has moved on from `version`. */
export async function usersWhoLetGo(db: Reader, { showId, version, userIds, seatIds, since }: LetGo): Promise<Set<string>> {
  const rows = await db.rows<{ userId: string }>(sql`
    select distinct h.user_id as "userId" from seat.shows s join seat.holds h on h.show_id = s.show_id
    where s.show_id = ${showId} and s.version > ${version} and h.user_id = any(${userIds}::uuid[])
      and h.ended_at > ${at(since)} and h.seat_ids && ${seatIds}::int[]`)
  return new Set(rows.map((row) => row.userId))
}
type LetGo = { showId: string; version: number; userIds: string[]; seatIds: number[]; since: number }

/** Live unpinned holds of a show; those bound together come together. */
export const holdsToEnd = (db: Reader, showId: string, limit: number) =>
  db.rows<BoundId>(sql`
    with found as materialized (
      select h.id, h.reservation_id from seat.holds h
      where h.id in (select hold_id from seat.seats where show_id = ${showId} and status = 1) limit ${limit})
    select id, reservation_id as "reservationId" from found
    union
    select h.id, h.reservation_id from found join seat.holds h on h.reservation_id = found.reservation_id
    where ${isFree}`)

/** A closed show without held and pinned seats is done with. */
export const settleEmptied = (db: Reader, showId: string) =>
  db.rows(sql`
    update seat.shows set emptying = false where show_id = ${showId} and status = 'closed'
      and not exists (select 1 from seat.seats where show_id = ${showId} and status in (1, 2))`)

export const lockLiveHolds = (tx: Tx, holdIds: string[]) =>
  tx.rows<EndingHold>(sql`
    select id, show_id as "showId", user_id as "userId", reservation_id as "reservationId", seat_ids as "seatIds"
    from seat.holds h where h.id = any(${holdIds}::uuid[]) and ${isFree}
    order by h.id for update`)

export async function endHolds(tx: Tx, holdIds: string[], reason: string, now: number) {
  const rows = await tx.rows(sql`
    update seat.holds h set ended_reason = ${reason}, ended_at = ${at(now)}
    where h.id = any(${holdIds}::uuid[]) and ${isFree} returning 1 as one`)
  assert.equal(rows.length, holdIds.length, 'holds ended')
}

/** Gives held seats of these holds back, returned where somebody watches, else available; each or the batch is undone. */
export async function freeHeld(tx: Tx, holds: EndingHold[]) {
  const seats = holds.flatMap(({ id, showId, seatIds }) => seatIds.map((seatId) => ({ holdId: id, showId, seatId })))
  const rows = await tx.rows<SeatKey & { status: number }>(sql`
    update seat.seats s set status = case when h.watch_count > 0 then 4 else 0 end, hold_id = null,
      reservation_id = null, version = s.version + 1
    from unnest(${seats.map((s) => s.showId)}::uuid[], ${seats.map((s) => s.seatId)}::int[],
      ${seats.map((s) => s.holdId)}::uuid[]) as w(show_id, id, hold_id)
    join seat.shows h on h.show_id = w.show_id
    where s.show_id = w.show_id and s.id = w.id and s.hold_id = w.hold_id and s.status = 1
    returning s.show_id as "showId", s.id as "seatId", s.status`)
  assert.equal(rows.length, seats.length, 'held seats freed')
  return rows
}
