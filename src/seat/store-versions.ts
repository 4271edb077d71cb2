import sql from 'sql-template-tag'
import type { Tx } from '../platform/database.ts'

/** What was looked at has changed before it could be written: the transaction is undone and decided again. */
export class ChangedMeanwhile extends Error {}
/** A show may close between the look at it and the bump. */
export class ShowClosedMeanwhile extends ChangedMeanwhile {}
const decisionsMax = 4
type ShowVersion = { showId: string; version: number }

/** The last step of a transaction that writes seats: its lock is held only for the commit. */
export const bumpShows = (tx: Tx, showIds: string[]) =>
  tx.rows<ShowVersion>(sql`
    with locked as materialized (
      select show_id from seat.shows where show_id = any(${showIds}::uuid[]) order by show_id for update)
    update seat.shows s set version = s.version + 1 from locked l where s.show_id = l.show_id
    returning s.show_id as "showId", s.version`)

/** The same where the shows have to sell; throws ShowClosedMeanwhile, which undoes the transaction. */
export async function bumpOpenShows(tx: Tx, showIds: string[]): Promise<ShowVersion[]> {
  const rows = await tx.rows<ShowVersion>(sql`
    with locked as materialized (
      select show_id from seat.shows where show_id = any(${showIds}::uuid[]) and status = 'open'
      order by show_id for update)
    update seat.shows s set version = s.version + 1 from locked l where s.show_id = l.show_id
    returning s.show_id as "showId", s.version`)
  if (rows.length < showIds.length) throw new ShowClosedMeanwhile('a show closed meanwhile')
  return rows
}

export async function untilNothingChanges<T>(act: () => Promise<T>, decisions = 1): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof ChangedMeanwhile && decisions < decisionsMax) return untilNothingChanges(act, decisions + 1)
    throw error
  }
}

export async function closedShows(tx: Tx, showIds: string[]): Promise<Set<string>> {
  const rows = await tx.rows<{ showId: string }>(sql`
    select show_id as "showId" from seat.shows where show_id = any(${showIds}::uuid[]) and status <> 'open'`)
  return new Set(rows.map((row) => row.showId))
}

/** Since when those of these shows that are paused are. */
export async function pausedShows(tx: Tx, showIds: string[]): Promise<Map<string, number>> {
  const rows = await tx.rows<{ showId: string; pausedAt: number }>(sql`
    select show_id as "showId", paused_at as "pausedAt" from seat.shows
    where show_id = any(${showIds}::uuid[]) and paused_at is not null`)
  return new Map(rows.map((row) => [row.showId, row.pausedAt]))
}

/** The next event version of each show; its row is locked by the version bump before. */
export const takeEventVersions = (tx: Tx, showIds: string[]) =>
  tx.rows<{ showId: string; eventVersion: number }>(sql`
    update seat.shows set event_version = event_version + 1 where show_id = any(${showIds}::uuid[])
    returning show_id as "showId", event_version as "eventVersion"`)
