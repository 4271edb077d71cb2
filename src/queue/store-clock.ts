import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Show } from './line.ts'

export async function lastBeat(db: Reader): Promise<number | undefined> {
  const [row] = await db.rows<{ beatAt: number }>(sql`select beat_at as "beatAt" from queue.heartbeats where id = 1`)
  return row?.beatAt
}

export const beat = (db: Reader, now: number) =>
  db.rows(sql`
    insert into queue.heartbeats as h (id, beat_at) values (1, ${at(now)})
    on conflict (id) do update set beat_at = greatest(h.beat_at, excluded.beat_at)`)

/**
 * Shows that run and have a place whose deadline lies before. The order holds the planner to the index of deadlines: made
 * while nobody was called, a plan would read the whole line for each show in which nothing is due.
 */
export const showsOverdue = async (db: Reader, before: number, max: number) =>
  (await db.rows<{ showId: string }>(sql`
    select distinct l.show_id as "showId" from queue.lines l join queue.shows s on s.show_id = l.show_id
    cross join lateral (select 1 from queue.places p where p.window_id = l.window_id and p.until <= ${at(before)} order by p.until limit 1) due
    where l.live > 0 and s.paused_at is null limit ${max}`)).map((row) => row.showId)

/** Shows with a deadline in (after, before), found in the same way, or a pass that nobody touched in that time. */
export const showsBetween = async (db: Reader, after: number, before: number, max: number) =>
  (await db.rows<{ showId: string }>(sql`
    select l.show_id as "showId" from queue.lines l cross join lateral (
      select 1 from queue.places p where p.window_id = l.window_id and p.until > ${at(after)} and p.until < ${at(before)} order by p.until limit 1) due
    where l.live > 0
    union
    select l.show_id from queue.places p join queue.lines l on l.window_id = p.window_id
    where p.auto_until > ${at(after)} and p.auto_until < ${at(before)} and p.status = 'inside'
    limit ${max}`)).map((row) => row.showId)

/** Deadlines in (after, before) become `before`, at most so many of each kind at a time; the turn is longer by as much. */
export const graceDeadlines = (tx: Tx, show: Show, after: number, before: number, max: number) =>
  tx.rows(sql`
    with late as materialized (
      (select ctid as tid from queue.places
      where window_id = any(${windowsOf(show)}::uuid[]) and until > ${at(after)} and until < ${at(before)} limit ${max})
      union
      (select ctid from queue.places
      where window_id = any(${windowsOf(show)}::uuid[]) and auto_until > ${at(after)} and auto_until < ${at(before)} and status = 'inside' limit ${max}))
    update queue.places p set turn_until = turn_until + make_interval(secs => ${(before - after) / 1_000}::float8),
      until = case when until > ${at(after)} and until < ${at(before)} then ${at(before)}::timestamptz else until end,
      auto_until = case when auto_until > ${at(after)} and auto_until < ${at(before)} then ${at(before)}::timestamptz else auto_until end
    where p.ctid = any(array(select tid from late)) returning p.number`)

const windowsOf = (show: Show) => show.lines.map((line) => line.windowId)
