import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { located, type PlaceRef, type Was } from './store-places.ts'

/** The next pass number of each user, who is named once. Numbers of a (show, user) only grow. */
export async function nextPassNumbers(tx: Tx, showId: string, userIds: string[]): Promise<Map<string, number>> {
  const rows = await tx.rows<{ userId: string; last: number }>(sql`
    insert into queue.pass_numbers as n (show_id, user_id, last)
    select ${showId}, u, 1 from unnest(${userIds}::uuid[]) as u order by u
    on conflict (show_id, user_id) do update set last = n.last + 1 returning user_id as "userId", last`)
  return new Map(rows.map((row) => [row.userId, row.last]))
}

export type Entry = PlaceRef & { sessionId: string; passNo: number; until: number; turnUntil: number; autoUntil: number | null; endPassNo: number | null }

/** Turns are claimed or passes renewed, in one line. */
export const enter = (tx: Tx, entries: Entry[], now: number) =>
  tx.rows(sql`
    with found as materialized (select * from (${located(entries)}) f where f.status in ('called', 'inside'))
    update queue.places p set status = 'inside', session_id = (${entries.map((e) => e.sessionId)}::uuid[])[e.i],
      pass_no = (${entries.map((e) => e.passNo)}::bigint[])[e.i], until = (${entries.map((e) => at(e.until))}::timestamptz[])[e.i],
      turn_until = (${entries.map((e) => at(e.turnUntil))}::timestamptz[])[e.i],
      auto_until = (${entries.map((e) => (e.autoUntil === null ? null : at(e.autoUntil)))}::timestamptz[])[e.i],
      end_pass_no = coalesce((${entries.map((e) => e.endPassNo)}::bigint[])[e.i], p.end_pass_no),
      claimed_at = coalesce(p.claimed_at, ${at(now)})
    from (select array_position(${entries.map((e) => e.number)}::int[], number) as i, tid from found) e
    where p.ctid = e.tid returning p.number`)

/** How often the turn of a place, which began when it was last called, has moved to another session. */
export async function movesOfTurn(tx: Tx, { windowId, number }: PlaceRef): Promise<number> {
  const [row] = await tx.rows<{ moves: number }>(sql`
    select count(*)::int as moves from queue.place_events e
    where e.window_id = ${windowId} and e.number = ${number} and e.what = 'taken_over' and e.id > coalesce((
      select max(c.id) from queue.place_events c where c.window_id = ${windowId} and c.number = ${number} and c.what = 'called'), 0)`)
  return row?.moves ?? 0
}

export type Untouched = PlaceRef & { showId: string; userId: string; passNo: number }

/** Passes that clients took by themselves and nobody touched in time, of shows whose clocks run. */
export const untouched = (db: Reader, now: number, max: number) =>
  db.rows<Untouched>(sql`
    select p.window_id as "windowId", p.number, l.show_id as "showId", p.user_id as "userId", p.pass_no as "passNo"
    from queue.places p join queue.lines l on l.window_id = p.window_id join queue.shows s on s.show_id = l.show_id
    where p.auto_until <= ${at(now)} and p.status = 'inside' and s.paused_at is null limit ${max}`)

/** Somebody used the pass: it is no matter of sleep any more. */
export const touch = (tx: Tx, { windowId, number, passNo }: Untouched) =>
  tx.rows(sql`update queue.places set auto_until = null where window_id = ${windowId} and number = ${number} and pass_no = ${passNo}`)

/** Seat has ended the pass: the place sleeps and keeps its number, unless it was renewed meanwhile. */
export async function sleep(tx: Tx, { windowId, number, passNo }: Untouched, now: number): Promise<boolean> {
  const rows = await tx.rows(sql`
    with slept as (
      update queue.places set status = 'asleep', until = null, auto_until = null
      where window_id = ${windowId} and number = ${number} and pass_no = ${passNo} and status = 'inside' and end_pass_no is null
      returning window_id, number)
    insert into queue.place_events (window_id, number, at, what, reason)
    select window_id, number, ${at(now)}, 'slept', 'untouched' from slept returning 1 as one`)
  return rows.length > 0
}

export type Ending = PlaceRef & { showId: string; userId: string; passNo: number }

export const passesToEnd = (db: Reader, max: number) =>
  db.rows<Ending>(sql`
    select p.window_id as "windowId", p.number, l.show_id as "showId", p.user_id as "userId", p.end_pass_no as "passNo"
    from queue.places p join queue.lines l on l.window_id = p.window_id where p.end_pass_no is not null limit ${max}`)

/** Seat has ended these passes: places that were only waiting for that end. A pass taken over meanwhile stays to be ended. */
export const passesEnded = (tx: Tx, endings: Ending[], now: number) =>
  tx.rows<Was>(sql`
    with found as materialized (
      select o.* from unnest(${endings.map((e) => e.windowId)}::uuid[], ${endings.map((e) => e.number)}::int[],
        ${endings.map((e) => e.passNo)}::bigint[]) as e(window_id, number, pass_no)
      cross join lateral (
        select ctid as tid, window_id, number, status, ended_reason from queue.places x
        where x.window_id = e.window_id and x.number = e.number and x.end_pass_no = e.pass_no limit 1) o),
    changed as (
      update queue.places p set end_pass_no = null,
        status = case p.status when 'ending' then 'ended' else p.status end,
        ended_at = case p.status when 'ending' then ${at(now)}::timestamptz else p.ended_at end
      where p.ctid = any(array(select tid from found)) returning 1),
    told as (
      insert into queue.place_events (window_id, number, at, what, reason)
      select window_id, number, ${at(now)}, 'ended', ended_reason from found where status = 'ending')
    select window_id as "windowId", number, status as was, (select count(*) from changed) as written from found`)

export type Purchase = { showId: string; userId: string; noted: number }

/** Each (show, user) once. */
export const notePurchases = (tx: Tx, purchases: Omit<Purchase, 'noted'>[]) =>
  tx.rows(sql`
    insert into queue.purchases as q (show_id, user_id)
    select * from unnest(${purchases.map((p) => p.showId)}::uuid[], ${purchases.map((p) => p.userId)}::uuid[]) as p(show_id, user_id)
    order by 1, 2 on conflict (show_id, user_id) do update set noted = q.noted + 1`)

export const purchases = (db: Reader, max: number) =>
  db.rows<Purchase>(sql`select show_id as "showId", user_id as "userId", noted from queue.purchases limit ${max}`)

/** A purchase noted since then stays. Rows are locked in the order in which they are noted, and judged by what was noted last. */
export const forgetPurchases = (tx: Tx, seen: Purchase[]) =>
  tx.rows(sql`
    with locked as materialized (
      select q.ctid as tid from (
        select * from unnest(${seen.map((p) => p.showId)}::uuid[], ${seen.map((p) => p.userId)}::uuid[],
          ${seen.map((p) => p.noted)}::bigint[]) as s(show_id, user_id, noted) order by show_id, user_id) s
      cross join lateral (
        select ctid from queue.purchases x
        where x.show_id = s.show_id and x.user_id = s.user_id and x.noted = s.noted for update) q)
    delete from queue.purchases q where q.ctid = any(array(select tid from locked))`)
