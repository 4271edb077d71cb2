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

export type Entry = PlaceRef & { sessionId: string; passNo: number; until: number; endPassNo: number | null }

/** Turns are claimed or passes renewed, in one line. */
export const enter = (tx: Tx, entries: Entry[], now: number) =>
  tx.rows(sql`
    with found as materialized (select * from (${located(entries)}) f where f.status in ('called', 'inside'))
    update queue.places p set status = 'inside', session_id = (${entries.map((e) => e.sessionId)}::uuid[])[e.i],
      pass_no = (${entries.map((e) => e.passNo)}::bigint[])[e.i], until = (${entries.map((e) => at(e.until))}::timestamptz[])[e.i],
      end_pass_no = coalesce((${entries.map((e) => e.endPassNo)}::bigint[])[e.i], p.end_pass_no),
      claimed_at = coalesce(p.claimed_at, ${at(now)})
    from (select array_position(${entries.map((e) => e.number)}::int[], number) as i, tid from found) e
    where p.ctid = e.tid returning p.number`)

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
