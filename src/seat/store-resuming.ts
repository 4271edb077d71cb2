import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { isLive } from './live.ts'
import type { BoundId } from './store-ending.ts'

/** A pause that ended at `resumedAt` and whose length the show's holds are being given back. */
export type Resuming = { showId: string; resumedAt: number; byMs: number }

const columns = sql`show_id as "showId", resuming_at as "resumedAt", resuming_by_ms as "byMs"`

/** Does nothing to a show that is not paused or already resumes. */
export const startResuming = (tx: Tx, { showId, resumedAt, byMs }: Resuming) =>
  tx.rows(sql`
    update seat.shows set resuming_at = ${at(resumedAt)}, resuming_by_ms = ${byMs}
    where show_id = ${showId} and paused_at is not null and resuming_at is null`)

export const resumingShows = (db: Reader, limit: number) =>
  db.rows<Resuming>(sql`select ${columns} from seat.shows where resuming_at is not null limit ${limit}`)

export async function resumingOf(tx: Tx, showId: string): Promise<Resuming | undefined> {
  const [row] = await tx.rows<Resuming>(sql`select ${columns} from seat.shows where show_id = ${showId} and resuming_at is not null`)
  return row
}

/** Live holds of the pause that have not been given it back, in the order of their locks; pinned ones, too. */
export const unmovedHolds = (db: Reader, { showId, resumedAt }: Resuming) =>
  db.rows<BoundId>(sql`
    select h.id, h.reservation_id as "reservationId" from seat.holds h
    where h.id in (select hold_id from seat.seats where show_id = ${showId} and status in (1, 2)) and ${isLive}
      and h.held_at <= ${at(resumedAt)} and h.resumed_at is distinct from ${at(resumedAt)}
    order by h.id`)

/** Locks holds in the order of their ids; answers the reservations they are bound to. */
export async function lockHolds(tx: Tx, holdIds: string[]): Promise<string[]> {
  const rows = await tx.rows<{ reservationId: string | null }>(sql`
    select h.reservation_id as "reservationId" from seat.holds h
    where h.id = any(${holdIds}::uuid[]) and ${isLive} order by h.id for update`)
  return [...new Set(rows.flatMap(({ reservationId }) => reservationId ?? []))]
}

/**
 * Locked holds, and those bound to the same reservations, move by the pause, at least to an instant, each once. Holds
 * that were bound together meanwhile, some moved and some not, keep one end: the latest that any of them has a right to.
 */
export const moveHolds = (tx: Tx, { resumedAt, byMs }: Resuming, holdIds: string[], reservationIds: string[], atLeast: number) =>
  tx.rows(sql`
    with wanted as materialized (
      select h.id from seat.holds h where h.id = any(${holdIds}::uuid[]) and ${isLive}
      union select h.id from seat.holds h where h.reservation_id = any(${reservationIds}::uuid[]) and ${isLive}),
    locked as materialized (
      select h.id, coalesce(h.reservation_id, h.id) as bound, h.until, h.resumed_at is not distinct from ${at(resumedAt)} as moved
      from seat.holds h where h.id = any(array(select id from wanted)) and ${isLive} order by h.id for update),
    ends as materialized (
      select bound, max(case when moved then until else until + make_interval(secs => ${byMs / 1000}::float8) end) as until
      from locked group by bound having not bool_and(moved))
    update seat.holds h set until = greatest(e.until, ${at(atLeast)}), resumed_at = ${at(resumedAt)}
    from locked l join ends e on e.bound = l.bound where h.id = l.id returning 1 as one`)

/** The clocks of the show run again. */
export const finishResuming = (tx: Tx, { showId, resumedAt }: Resuming) =>
  tx.rows(sql`
    update seat.shows set paused_at = null, resuming_at = null, resuming_by_ms = null, version = version + 1
    where show_id = ${showId} and resuming_at = ${at(resumedAt)}`)
