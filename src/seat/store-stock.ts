import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export const stockGapMs = 1_000

/**
 * The earliest end of an ordinary, unpinned, live hold of each show; shows without one are missing. Found from the front
 * of the index of ends: who looks at a show that is all held asks this, and in a rush that is everybody. The
 * casts hide the show from the planner, who would read all holds there ever were.
 */
export const earliestUntils = (db: Reader, showIds: string[]) =>
  db.rows<{ showId: string; until: number }>(sql`
    select w.id as "showId", h.until from unnest(${showIds}::uuid[]) as w(id) cross join lateral (
      select until from seat.holds
      where show_id::text = w.id::text and kind = 'ordinary' and ended_reason is null and pinned_by is null
      order by until limit 1) h`)

/** Shows whose seats changed since seat.stock last told of them, whose state the clock may have changed, or that are busy. */
export const dueStocks = (db: Reader, now: number, busy: string[], limit: number) =>
  db.rows<{ showId: string }>(sql`
    select show_id as "showId" from seat.shows
    where ready and (stock_version <> version or stock_due_at <= ${at(now)} or show_id = any(${busy}::uuid[]))
      and (stock_at is null or stock_at <= ${at(now - stockGapMs)})
    order by stock_at nulls first limit ${limit}`)

/** Takes the turn to tell of a show; undefined when another process told within the second. */
export async function takeStock(tx: Tx, showId: string, told: { version: number; now: number; dueAt: number | null; isBusy: boolean }) {
  const [row] = await tx.rows<{ eventVersion: number }>(sql`
    update seat.shows set stock_version = ${told.version}, stock_at = ${at(told.now)},
      stock_due_at = ${told.dueAt === null ? null : at(told.dueAt)}::timestamptz, event_version = event_version + 1
    where show_id = ${showId} and ready and (stock_at is null or stock_at <= ${at(told.now - stockGapMs)})
      and (stock_version <> ${told.version} or stock_due_at <= ${at(told.now)} or ${told.isBusy}::boolean)
    returning event_version as "eventVersion"`)
  return row?.eventVersion
}

/** How long the payments that run on seats of a show have been running, in milliseconds. */
export const runningPayments = async (db: Reader, showId: string, now: number, max: number): Promise<number[]> =>
  (await db.rows<{ pinnedAt: number }>(sql`
    select pinned_at as "pinnedAt" from seat.pins where show_id = ${showId} and status = 'pinned' limit ${max}`)).map((row) => now - row.pinnedAt)
