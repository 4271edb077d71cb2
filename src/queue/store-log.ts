import sql from 'sql-template-tag'
import type { Reader } from '../platform/database.ts'
import { type Mark, userBytes } from './line-copy.ts'

/**
 * The log of a line: places by number, and what happened to them by id. Who writes either holds the show's lock, so both
 * commit in their order, and what lies after a mark is all that came since.
 */
export async function markOf(db: Reader, windowId: string): Promise<Mark> {
  const [mark] = await db.rows<Mark>(sql`
    select l.last, coalesce((select e.id from queue.place_events e where e.window_id = l.window_id order by e.id desc limit 1), 0) as "eventId"
    from queue.lines l where l.window_id = ${windowId}`)
  return mark ?? { last: 0, eventId: 0 }
}

export type Logged = { to: Mark; users: Buffer; gone: number[]; isAll: boolean }

/** What came after a mark, at most `max` of places and of events; numbers in `gone` stopped waiting. Nothing new costs two looks at an index. */
export async function logAfter(db: Reader, windowId: string, { last, eventId }: Mark, max: number): Promise<Logged> {
  const [row] = await db.rows<{ users: Buffer | null; eventId: number | null; events: number; gone: number[] | null }>(sql`
    select p.users, e."eventId", e.events, e.gone
    from (
      select string_agg(uuid_send(user_id), ''::bytea order by number) as users from (
        select number, user_id from queue.places where window_id = ${windowId} and number > ${last} order by number limit ${max}) j) p,
    (
      select max(id) as "eventId", count(*)::int as events, array_agg(number) filter (where what in ('called', 'ended')) as gone from (
        select id, number, what from queue.place_events where window_id = ${windowId} and id > ${eventId} order by id limit ${max}) h) e`)
  const users = row?.users ?? Buffer.alloc(0)
  const joined = users.length / userBytes
  return {
    to: { last: last + joined, eventId: row?.eventId ?? eventId },
    users, gone: row?.gone ?? [], isAll: joined < max && (row?.events ?? 0) < max,
  }
}

/** Places from…through by number: the ids of their users, and who of them waits no more. */
export async function placesBetween(db: Reader, windowId: string, from: number, through: number): Promise<{ users: Buffer; gone: number[] }> {
  const [row] = await db.rows<{ users: Buffer | null; gone: number[] | null }>(sql`
    select string_agg(uuid_send(user_id), ''::bytea order by number) as users, array_agg(number) filter (where status <> 'waiting') as gone
    from (select number, user_id, status from queue.places
      where window_id = ${windowId} and number >= ${from} and number <= ${through} order by number limit ${through - from + 1}) p`)
  return { users: row?.users ?? Buffer.alloc(0), gone: row?.gone ?? [] }
}
