import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Window } from './api.ts'

export type WindowRow = Window & { codeCount: number }

const columns = sql`
  w.id, w.name, w.lobby_opens_at as "lobbyOpensAt", w.opens_at as "opensAt", w.closes_at as "closesAt", w.audience, w.sections`

export const readWindows = (db: Reader, showId: string) =>
  db.rows<WindowRow>(sql`
    select ${columns}, (select count(*) from concert.window_codes k where k.window_id = w.id) as "codeCount"
    from concert.windows w where w.show_id = ${showId} order by w.opens_at, w.id`)

/** With the hashes of their codes, for those who check them. */
export const readWindowsWithCodes = (db: Reader, showId: string) =>
  db.rows<Window & { codeHashes: string[] }>(sql`
    select ${columns}, array(select k.code_hash from concert.window_codes k where k.window_id = w.id order by 1) as "codeHashes"
    from concert.windows w where w.show_id = ${showId} order by w.opens_at, w.id`)

/** Makes these the windows of a show whose row is locked; codes of windows that stay are kept. */
export async function saveWindows(tx: Tx, showId: string, windows: Window[]): Promise<void> {
  await tx.rows(sql`delete from concert.windows where show_id = ${showId} and id <> all(${windows.map((w) => w.id)}::uuid[])`)
  await tx.rows(sql`
    insert into concert.windows (id, show_id, name, lobby_opens_at, opens_at, closes_at, audience, sections)
    select n.id, ${showId}::uuid, n.name, n.lobby_opens_at, n.opens_at, n.closes_at, n.audience,
      case when n.sections <> 'null'::jsonb then array(select jsonb_array_elements_text(n.sections)) end
    from unnest(${windows.map((w) => w.id)}::uuid[], ${windows.map((w) => w.name)}::text[],
      ${windows.map((w) => (w.lobbyOpensAt === null ? null : at(w.lobbyOpensAt)))}::timestamptz[], ${windows.map((w) => at(w.opensAt))}::timestamptz[],
      ${windows.map((w) => at(w.closesAt))}::timestamptz[],
      ${windows.map((w) => w.audience)}::text[], ${windows.map((w) => JSON.stringify(w.sections))}::jsonb[])
      as n(id, name, lobby_opens_at, opens_at, closes_at, audience, sections)
    on conflict (id) do update set name = excluded.name, lobby_opens_at = excluded.lobby_opens_at, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
      audience = excluded.audience, sections = excluded.sections`)
}

export async function saveCodes(tx: Tx, windowId: string, hashes: string[]): Promise<void> {
  await tx.rows(sql`delete from concert.window_codes where window_id = ${windowId}`)
  await tx.rows(sql`insert into concert.window_codes (window_id, code_hash) select ${windowId}::uuid, unnest(${hashes}::text[])`)
}

/** Two windows of a show that share an instant, each from its lobby on, as the database sees them: a fan means one line. */
export async function overlapping(tx: Tx, showId: string): Promise<{ first: string; second: string } | undefined> {
  const [row] = await tx.rows<{ first: string; second: string }>(sql`
    select a.name as first, b.name as second from concert.windows a join concert.windows b
      on b.show_id = a.show_id and b.id <> a.id and a.opens_at <= b.opens_at
        and coalesce(b.lobby_opens_at, b.opens_at) < a.closes_at
    where a.show_id = ${showId} limit 1`)
  return row
}
