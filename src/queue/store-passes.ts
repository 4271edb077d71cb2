import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { PlaceRef } from './store-places.ts'

/** The next pass number of each user, who is named once. Numbers of a (show, user) only grow. */
export async function nextPassNumbers(tx: Tx, showId: string, userIds: string[]): Promise<Map<string, number>> {
  const rows = await tx.rows<{ userId: string; last: number }>(sql`
    insert into queue.pass_numbers as n (show_id, user_id, last)
    select ${showId}, u, 1 from unnest(${userIds}::uuid[]) as u order by u
    on conflict (show_id, user_id) do update set last = n.last + 1 returning user_id as "userId", last`)
  return new Map(rows.map((row) => [row.userId, row.last]))
}

export type Entry = PlaceRef & { sessionId: string; passNo: number; until: number; endPassNo: number | null }

/** A turn is claimed or a pass is renewed. */
export const enter = (tx: Tx, entries: Entry[], now: number) =>
  tx.rows(sql`
    update queue.places p set status = 'inside', session_id = e.session_id, pass_no = e.pass_no, until = e.until,
      claimed_at = coalesce(p.claimed_at, ${at(now)}), end_pass_no = coalesce(e.end_pass_no, p.end_pass_no)
    from unnest(${entries.map((e) => e.windowId)}::uuid[], ${entries.map((e) => e.number)}::int[],
      ${entries.map((e) => e.sessionId)}::uuid[], ${entries.map((e) => e.passNo)}::bigint[],
      ${entries.map((e) => at(e.until))}::timestamptz[], ${entries.map((e) => e.endPassNo)}::bigint[])
      as e(window_id, number, session_id, pass_no, until, end_pass_no)
    where p.window_id = e.window_id and p.number = e.number and p.status in ('called', 'inside') returning p.number`)

export type Ending = PlaceRef & { showId: string; userId: string; passNo: number }

export const passesToEnd = (db: Reader, max: number) =>
  db.rows<Ending>(sql`
    select p.window_id as "windowId", p.number, l.show_id as "showId", p.user_id as "userId", p.end_pass_no as "passNo"
    from queue.places p join queue.lines l on l.window_id = p.window_id where p.end_pass_no is not null limit ${max}`)

/** Seat has ended these passes: places that were only waiting for that end. A pass taken over meanwhile stays to be ended. */
export const passesEnded = (tx: Tx, endings: Ending[], now: number) =>
  tx.rows<PlaceRef & { was: string }>(sql`
    update queue.places p set end_pass_no = null,
      status = case o.status when 'ending' then 'ended' else o.status end,
      ended_at = case o.status when 'ending' then ${at(now)}::timestamptz else o.ended_at end
    from unnest(${endings.map((e) => e.windowId)}::uuid[], ${endings.map((e) => e.number)}::int[],
      ${endings.map((e) => e.passNo)}::bigint[]) as e(window_id, number, pass_no)
    join queue.places o on o.window_id = e.window_id and o.number = e.number
    where p.window_id = e.window_id and p.number = e.number and p.end_pass_no = e.pass_no
    returning p.window_id as "windowId", p.number, o.status as was`)

export type Purchase = { showId: string; userId: string; noted: number }

/** Each (show, user) once. */
export const notePurchases = (tx: Tx, purchases: Omit<Purchase, 'noted'>[]) =>
  tx.rows(sql`
    insert into queue.purchases as q (show_id, user_id)
    select * from unnest(${purchases.map((p) => p.showId)}::uuid[], ${purchases.map((p) => p.userId)}::uuid[]) as p(show_id, user_id)
    order by 1, 2 on conflict (show_id, user_id) do update set noted = q.noted + 1`)

export const purchases = (db: Reader, max: number) =>
  db.rows<Purchase>(sql`select show_id as "showId", user_id as "userId", noted from queue.purchases limit ${max}`)

/** A purchase noted since then stays. */
export const forgetPurchases = (tx: Tx, seen: Purchase[]) =>
  tx.rows(sql`
    delete from queue.purchases q using unnest(${seen.map((p) => p.showId)}::uuid[], ${seen.map((p) => p.userId)}::uuid[],
      ${seen.map((p) => p.noted)}::bigint[]) as s(show_id, user_id, noted)
    where q.show_id = s.show_id and q.user_id = s.user_id and q.noted = s.noted`)
