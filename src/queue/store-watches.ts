import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export type WatchRow = {
  id: string; showId: string; userId: string; grade: string; quantity: number; together: boolean
  windowId: string | null; number: number | null; madeAt: number
}
const columns = sql`w.id, w.show_id as "showId", w.user_id as "userId", w.grade, w.quantity, w.together, w.window_id as "windowId", w.number, w.made_at as "madeAt"`

/** One watcher's requests follow each other, so that the limit holds; nobody else waits. */
export const lockWatcher = (tx: Tx, userId: string) => tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`watcher ${userId}`}, 0))`)

/** Newest first; a user has few. */
export const watchesOf = (db: Reader, userId: string) =>
  db.rows<WatchRow>(sql`select ${columns} from queue.watches w where w.user_id = ${userId} order by w.made_at desc, w.id`)

/** The one of this user, show and grade keeps its id and its order; none: the id is of another wish. */
export const upsertWatch = (tx: Tx, row: WatchRow) =>
  tx.rows<WatchRow & { inserted: boolean }>(sql`
    insert into queue.watches as w (id, show_id, user_id, grade, quantity, together, window_id, number, made_at)
    select ${row.id}, ${row.showId}, ${row.userId}, ${row.grade}, ${row.quantity}, ${row.together}, ${row.windowId}, ${row.number}, ${at(row.madeAt)}
    where not exists (select 1 from queue.watches o where o.id = ${row.id}
      and (o.user_id, o.show_id, o.grade) is distinct from (${row.userId}::uuid, ${row.showId}::uuid, ${row.grade}))
    on conflict (user_id, show_id, grade) do update set quantity = excluded.quantity, together = excluded.together
    returning ${columns}, xmax = 0 as inserted`)

export const deleteWatch = (db: Reader, id: string, userId: string) =>
  db.rows(sql`delete from queue.watches where id = ${id} and user_id = ${userId} returning 1 as one`)

export const eraseWatches = (tx: Tx, userIds: string[]) => tx.rows(sql`delete from queue.watches where user_id = any(${userIds}::uuid[])`)

/** At most `max`, of shows that began before. */
export const forgetWatches = (db: Reader, startedBefore: number, max: number) =>
  db.rows(sql`
    delete from queue.watches where id in (
      select w.id from queue.watches w join queue.shows s using (show_id) where s.starts_at < ${at(startedBefore)} limit ${max})`)
