import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Pressure } from './api.ts'

export const stockGapMs = 1_000

/**
 * The earliest end of an ordinary, unpinned, live hold of each show; shows without one are missing. Found from the front
 * of the show's own part of the index: who looks at a show that is all held asks this, and in a rush that is everybody.
 */
export const earliestUntils = (db: Reader, showIds: string[]) =>
  db.rows<{ showId: string; until: number }>(sql`
    select w.id as "showId", h.until from unnest(${showIds}::uuid[]) as w(id) cross join lateral (
      select until from seat.holds
      where show_id = w.id and kind = 'ordinary' and ended_reason is null and pinned_by is null
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

/** What others said of a show is worth something for so long. */
const pressureFreshMs = 3_000
const pressureForgottenMs = 60_000

/** Keeps what presses on a process, of each show at most once a second, and forgets processes that are gone. */
export const keepPressures = async (db: Reader, process: string, busy: { showId: string; pressure: Pressure }[], now: number): Promise<void> => {
  if (busy.length === 0) return
  const sorted = busy.toSorted((a, b) => (a.showId < b.showId ? -1 : 1))
  await db.rows(sql`
    with gone as (
      delete from seat.pressures where seen_at < ${at(now - pressureForgottenMs)} and process <> ${process})
    insert into seat.pressures as p (show_id, process, seen_at, pressure)
    select b.show_id, ${process}::uuid, ${at(now)}::timestamptz, b.pressure::jsonb
    from unnest(${sorted.map(({ showId }) => showId)}::uuid[], ${sorted.map(({ pressure }) => JSON.stringify(pressure))}::text[]) as b(show_id, pressure)
    on conflict (show_id, process) do update set seen_at = excluded.seen_at, pressure = excluded.pressure
    where p.seen_at <= ${at(now - stockGapMs)}`)
}

export const otherPressures = async (db: Reader, showId: string, process: string, now: number): Promise<Pressure[]> =>
  (await db.rows<{ pressure: Pressure }>(sql`
    select pressure from seat.pressures
    where show_id = ${showId} and process <> ${process} and seen_at >= ${at(now - pressureFreshMs)}`)).map((row) => row.pressure)

/** How long the payments that run on seats of a show have been running, in milliseconds. */
export const runningPayments = async (db: Reader, showId: string, now: number, max: number): Promise<number[]> =>
  (await db.rows<{ pinnedAt: number }>(sql`
    select pinned_at as "pinnedAt" from seat.pins where show_id = ${showId} and status = 'pinned' limit ${max}`)).map((row) => now - row.pinnedAt)
