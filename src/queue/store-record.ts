import sql from 'sql-template-tag'
import type { Reader } from '../platform/database.ts'

export type JoinRow = { number: number; at: number; who: string }
export type EventRow = { id: number; window: string | null; number: number | null; at: number; what: string; reason: string | null; detail: Record<string, unknown> | null }

/** A user's name in the public record: whoever knows user and salt finds it, and the salt is never shown. */
const nameOf = sql`encode(sha256(convert_to(s.audit_salt::text || u.user_id::text, 'UTF8')), 'hex')`

export const joinsAfter = (db: Reader, { showId, windowId, number }: { showId: string; windowId: string; number: number }, max: number) =>
  db.rows<JoinRow>(sql`
    select u.number, u.joined_at as at, ${nameOf} as who from queue.places u join queue.shows s on s.show_id = ${showId}
    where u.window_id = ${windowId} and u.number > ${number} order by u.number limit ${max}`)

/** What happened to places and to the gate of a show, in the one order of their ids. */
export const eventsAfter = (db: Reader, { showId, windowIds, id }: { showId: string; windowIds: string[]; id: number }, max: number) =>
  db.rows<EventRow>(sql`
    select * from (
      (select e.id, e.window_id as "window", e.number, e.at, e.what, e.reason, null::jsonb as detail
      from unnest(${windowIds}::uuid[]) as w(window_id) cross join lateral (
        select * from queue.place_events o where o.window_id = w.window_id and o.id > ${id}::bigint order by o.id limit ${max}) e)
      union all
      (select id, null, null, at, what, null, detail from queue.show_events where show_id = ${showId} and id > ${id}::bigint order by id limit ${max})) all_events
    order by id limit ${max}`)

export async function nameIn(db: Reader, showId: string, userId: string): Promise<string | undefined> {
  const [row] = await db.rows<{ who: string }>(sql`
    select ${nameOf} as who from queue.shows s, (values (${userId}::uuid)) as u(user_id) where s.show_id = ${showId}`)
  return row?.who
}
