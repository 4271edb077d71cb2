import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { isFree, isLive, liveShows } from './live.ts'
import type { BoundId, EndingHold } from './store-ending.ts'

/** Live holds get a later end; each was locked and found unpinned. */
export async function extendHolds(tx: Tx, holds: { id: string; until: number; extensionId: string | null }[]) {
  const rows = await tx.rows(sql`
    update seat.holds h set until = w.until, extensions = h.extensions + 1,
      extension_ids = h.extension_ids || array_remove(array[w.extension_id], null)
    from unnest(${holds.map((h) => h.id)}::uuid[], ${holds.map((h) => at(h.until))}::timestamptz[],
      ${holds.map((h) => h.extensionId)}::uuid[]) as w(id, until, extension_id)
    where h.id = w.id and ${isFree} returning 1 as one`)
  assert.equal(rows.length, holds.length, 'holds extended')
}

/** Free holds become bound ones; an accepted offer is an ordinary hold from then on. */
export async function bindHolds(tx: Tx, holds: { id: string; reservationId: string; until: number }[]) {
  const rows = await tx.rows(sql`
    update seat.holds h set reservation_id = w.reservation_id, until = w.until, kind = 'ordinary'
    from unnest(${holds.map((h) => h.id)}::uuid[], ${holds.map((h) => h.reservationId)}::uuid[],
      ${holds.map((h) => at(h.until))}::timestamptz[]) as w(id, reservation_id, until)
    where h.id = w.id and h.reservation_id is null and ${isFree} returning 1 as one`)
  assert.equal(rows.length, holds.length, 'holds bound')
}

export const readDeadlines = (db: Reader, reservationIds: string[]) =>
  db.rows<{ reservationId: string; until: number; pinned: boolean }>(sql`
    select reservation_id as "reservationId", max(until) as until, bool_or(pinned_by is not null) as pinned
    from seat.holds h where h.reservation_id = any(${reservationIds}::uuid[]) and ${isLive}
    group by reservation_id`)

/** Live, unpinned and over by then, in the words of the index of live holds. */
const isOver = (end: number) => sql`ended_reason is null and pinned_by is null and until <= ${at(end)}`

/**
 * Unpinned holds of shows that are not paused whose end has come, with those bound together with them. Each show has an
 * equal part of `limit`, the one whose hold waits longest first, and may have `passed` more: none holds up the others by
 * holds that cannot end. What a pause keeps is not passed over.
 */
export const dueHolds = (db: Reader, end: number, limit: number, passed = 0) =>
  db.rows<BoundId>(sql`
    with recursive live (show_id) as (${liveShows}),
    late as materialized (
      select live.show_id, h.until from live cross join lateral (
        select until from seat.holds
        where show_id = live.show_id and ${isOver(end)}
        order by until limit 1) h
      where (select s.paused_at is null from seat.shows s where s.show_id = live.show_id) order by h.until),
    due as materialized (
      select h.id, h.reservation_id from late cross join lateral (
        select id, reservation_id from seat.holds
        where show_id = late.show_id and ${isOver(end)}
        order by until limit (select greatest(${limit}::bigint / count(*), 1) + ${passed}::bigint from late)) h
      limit ${limit + passed})
    select id, reservation_id as "reservationId" from due
    union
    select h.id, h.reservation_id from seat.holds h
    where h.reservation_id = any(array(select reservation_id from due where reservation_id is not null)) and ${isLive}`)

/** Locks what is still due; holds that somebody works on are passed over, and with them all that are bound to them. */
export async function lockDueHolds(tx: Tx, holdIds: string[], end: number): Promise<EndingHold[]> {
  const rows = await tx.rows<EndingHold>(sql`
    select h.id, h.show_id as "showId", h.user_id as "userId", h.reservation_id as "reservationId",
      h.seat_ids as "seatIds"
    from seat.holds h join seat.shows s on s.show_id = h.show_id
    where h.id = any(${holdIds}::uuid[]) and ${isFree}
      and h.until <= ${at(end)} and s.paused_at is null
    order by h.id for update of h skip locked`)
  const locked = Map.groupBy(rows.filter((row) => row.reservationId !== null), (row) => row.reservationId)
  if (locked.size === 0) return rows
  const whole = new Set((await tx.rows<{ reservationId: string; holds: number }>(sql`
    select reservation_id as "reservationId", count(*)::int as holds from seat.holds h
    where h.reservation_id = any(${[...locked.keys()]}::uuid[]) and ${isLive} group by reservation_id`))
    .filter((row) => locked.get(row.reservationId)?.length === row.holds).map((row) => row.reservationId))
  return rows.filter((row) => row.reservationId === null || whole.has(row.reservationId))
}

/**
 * Deadlines between the last beat and `to` become `to`. Answers each hold it found, with the show of those it moved:
 * fewer than `limit` found are the last ones, whatever others did to them meanwhile.
 */
export const liftDeadlines = (tx: Tx, after: number, to: number, limit: number) =>
  tx.rows<{ showId: string | null }>(sql`
    with recursive live (show_id) as (${liveShows}),
    found as materialized (
      select h.id from live cross join lateral (
        select id from seat.holds
        where show_id = live.show_id and ended_reason is null and pinned_by is null and until > ${at(after)} and until < ${at(to)}
        order by until limit ${limit}) h
      limit ${limit}),
    locked as materialized (
      select h.id from seat.holds h
      where h.id = any(array(select id from found)) and ${isFree} and h.until > ${at(after)} and h.until < ${at(to)}
      order by h.id for update),
    moved as (update seat.holds h set until = ${at(to)} from locked where h.id = locked.id returning h.id, h.show_id)
    select moved.show_id as "showId" from found left join moved using (id)`)

/** Live holds of a show that no payment has pinned. */
export async function countClocks(db: Reader, showId: string): Promise<number> {
  const [row] = await db.rows<{ holds: number }>(sql`
    select count(distinct hold_id)::int as holds from seat.seats where show_id = ${showId} and status = 1`)
  return row?.holds ?? 0
}
