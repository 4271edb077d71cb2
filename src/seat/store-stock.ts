import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export const stockGapMs = 1_000

/** The earliest end of an ordinary, unpinned, live hold of each show; shows without one are missing. */
export const earliestUntils = (db: Reader, showIds: string[]) =>
  db.rows<{ showId: string; until: number }>(sql`
    select show_id as "showId", min(until) as until from seat.holds
    where show_id = any(${showIds}::uuid[]) and kind = 'ordinary' and ended_reason is null and pinned_by is null
    group by show_id`)

/** Shows whose seats changed since seat.stock last told of them, or whose state the clock may have changed. */
export const dueStocks = (db: Reader, now: number, limit: number) =>
  db.rows<{ showId: string }>(sql`
    select show_id as "showId" from seat.shows
    where ready and (stock_version <> version or stock_due_at <= ${at(now)})
      and (stock_at is null or stock_at <= ${at(now - stockGapMs)})
    order by stock_at nulls first limit ${limit}`)

/** Takes the turn to tell of a show; undefined when another process told within the second. */
export async function takeStock(tx: Tx, showId: string, told: { version: number; now: number; dueAt: number | null }) {
  const [row] = await tx.rows<{ eventVersion: number }>(sql`
    update seat.shows set stock_version = ${told.version}, stock_at = ${at(told.now)},
      stock_due_at = ${told.dueAt === null ? null : at(told.dueAt)}::timestamptz, event_version = event_version + 1
    where show_id = ${showId} and ready and (stock_at is null or stock_at <= ${at(told.now - stockGapMs)})
      and (stock_version <> ${told.version} or stock_due_at <= ${at(told.now)})
    returning event_version as "eventVersion"`)
  return row?.eventVersion
}
