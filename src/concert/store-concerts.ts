import assert from 'node:assert/strict'
import sql, { type Sql } from 'sql-template-tag'
import { at, type Database, type Reader, type Tx } from '../platform/database.ts'
import type { ConcertItem, FoundConcert } from './api.ts'
import { bigramsOf, normalised } from './title.ts'

/** Statuses of shows that everybody may see. */
export const seenByAll = sql`('published', 'closing', 'cancelled')`

export type ConcertRow = ConcertItem & {
  description: string
  version: number
  requestHash: string
  deletingAt: number | null
  deletedAt: number | null
  closingResult: string | null
}

export const itemColumns = sql`
  c.id, c.organiser_id as "organiserId", c.title, c.venue, c.poster, c.first_show_at as "firstShowAt",
  c.last_show_at as "lastShowAt", c.created_at as "createdAt", c.updated_at as "updatedAt"`
const columns = sql`${itemColumns}, c.description, c.version, c.request_hash as "requestHash", c.deleting_at as "deletingAt",
  c.deleted_at as "deletedAt", c.closing_result as "closingResult"`

export async function readConcert(db: Reader, concertId: string): Promise<ConcertRow | undefined> {
  const [row] = await db.rows<ConcertRow>(sql`select ${columns} from concert.concerts c where c.id = ${concertId}`)
  return row
}

/** Every change of a concert or one of its shows takes its row first, so what follows sees the shows as they are. */
export async function lockConcerts(tx: Tx, concertIds: string[]): Promise<ConcertRow[]> {
  return tx.rows<ConcertRow>(sql`
    select ${columns} from concert.concerts c where c.id = any(${concertIds}::uuid[]) order by c.id for update`)
}

type Text = Pick<ConcertRow, 'id' | 'organiserId' | 'title' | 'venue' | 'poster' | 'description' | 'requestHash'>

/** Answers whether it was new; the same id is inserted once. */
export async function insertConcert(tx: Tx, concert: Text, now: number): Promise<boolean> {
  const { title, normal, bigrams } = searchable(concert.title)
  const rows = await tx.rows(sql`
    insert into concert.concerts (id, organiser_id, title, title_normalised, bigrams, description, venue, poster,
      request_hash, created_at, updated_at)
    values (${concert.id}, ${concert.organiserId}, ${title}, ${normal}, ${bigrams}::text[], ${concert.description},
      ${concert.venue}, ${concert.poster}, ${concert.requestHash}, ${at(now)}, ${at(now)})
    on conflict (id) do nothing returning 1 as one`)
  return rows.length === 1
}

export async function saveConcert(tx: Tx, concert: ConcertRow, now: number): Promise<void> {
  const { title, normal, bigrams } = searchable(concert.title)
  const rows = await tx.rows(sql`
    update concert.concerts set title = ${title}, title_normalised = ${normal}, bigrams = ${bigrams}::text[],
      description = ${concert.description}, venue = ${concert.venue}, poster = ${concert.poster},
      deleting_at = ${orNull(concert.deletingAt)}, deleted_at = ${orNull(concert.deletedAt)},
      closing_result = ${concert.closingResult}, version = version + 1, updated_at = ${at(now)}
    where id = ${concert.id} returning 1 as one`)
  assert.equal(rows.length, 1, `concert ${concert.id} vanished`)
}

/** Brings the dates that concerts are sorted by in step with their shows. */
export const refreshSpan = (tx: Tx, concertIds: string[]) =>
  tx.rows(sql`
    update concert.concerts c set first_show_at = span.first, last_show_at = span.last
    from (
      select w.id, min(s.starts_at) as first, max(s.starts_at) as last
      from unnest(${concertIds}::uuid[]) as w(id)
      left join concert.shows s on s.concert_id = w.id and s.status in ${seenByAll}
      group by w.id) span
    where c.id = span.id and (c.first_show_at, c.last_show_at) is distinct from (span.first, span.last)`)

export type Search = { title: string | undefined; from: number | undefined; before: number | undefined; openingMinutes?: number | undefined; over?: boolean | undefined }
export type Page = { sort: keyof typeof orders | 'opening'; page: number; size: number }

/** Windows `w` of published shows `s` that are not over: a window sells nothing of a show that has started. */
const windowsOnSale = (now: number) => sql`concert.windows w join concert.shows s on s.id = w.show_id
  and s.status = 'published' and least(w.closes_at, s.starts_at) > ${at(now)}`
const opensAbout = (now: number, minutes: number) =>
  sql`w.opens_at > ${at(now - minutes * 60_000)} and w.opens_at <= ${at(now + minutes * 60_000)}`

const saleOf = (now: number) => sql`
  select min(w.opens_at) filter (where w.opens_at > ${at(now)}) as "opensAt",
    max(w.opens_at) filter (where w.opens_at <= ${at(now)}) as "openedAt",
    max(least(w.closes_at, s.starts_at)) filter (where w.opens_at <= ${at(now)}) as "closesAt",
    coalesce(bool_and(s.sold_out) filter (where w.opens_at <= ${at(now)}), false) as "soldOut"
  from ${windowsOnSale(now)} where s.concert_id = c.id`

const orders = {
  date: sql`c.first_show_at, c.id`,
  '-date': sql`c.first_show_at desc nulls last, c.id`,
  title: sql`c.title_normalised collate "C", c.id`,
  '-created': sql`c.created_at desc, c.id`,
}

/** A page of concerts and how many there are. `title` is normalised and has two characters or more. */
export async function searchConcerts(db: Database, search: Search, { sort, page, size }: Page, now: number) {
  const found = sql`${foundBy(search)} and ${comingBy(search, now)} and ${openingBy(search, now)}`
  const [counted] = await db.rows<{ count: number }>(sql`select count(*) as count from concert.concerts c where ${found}`)
  const order = sort === 'opening' ? openingOrder(search, now) : orders[sort]
  // sales are looked up for the page alone: joined to all that is found, their cost keeps the planner from the index of titles
  const items = await db.rows<FoundConcert>(sql`
    select ${itemColumns}, sale.* from (
      select c.* from concert.concerts c where ${found} order by ${order} limit ${size}::int offset ${page * size}::bigint) c
    cross join lateral (${saleOf(now)}) sale order by ${order}`)
  return { count: counted?.count ?? 0, items }
}

/** What has no date yet is still to come. */
const comingBy = ({ over }: Search, now: number) =>
  over === false ? sql`(c.last_show_at > ${at(now)} or c.last_show_at is null)` : none

/** The few windows that open about now lead to their concerts. */
const openingBy = ({ openingMinutes }: Search, now: number) =>
  openingMinutes === undefined ? none : sql`c.id in (
    select s.concert_id from ${windowsOnSale(now)} where ${opensAbout(now, openingMinutes)})`

/** What is still to open, the next one first; then what has opened, the latest first: a page that is full leaves out the oldest news. */
const openingOrder = ({ openingMinutes = 0 }: Search, now: number) => sql`(
  select min(case when w.opens_at > ${at(now)} then w.opens_at - ${at(now)}::timestamptz
    else ${at(now + 2 * openingMinutes * 60_000)}::timestamptz - w.opens_at end)
  from ${windowsOnSale(now)} where s.concert_id = c.id and ${opensAbout(now, openingMinutes)}), c.id`

const none = sql`true`

/** Pairs of characters find candidates in the index; the position decides. */
function foundBy({ title, from, before }: Search): Sql {
  const titled = title === undefined ? none : sql`
    (c.bigrams @> ${bigramsOf(title)}::text[] and position(${title} in c.title_normalised) > 0)`
  if (from === undefined && before === undefined) return sql`c.deleted_at is null and ${titled}`
  const [spanAfter, after] = from === undefined ? [none, none] : [sql`c.last_show_at >= ${at(from)}`, sql`s.starts_at >= ${at(from)}`]
  const [spanUntil, until] = before === undefined ? [none, none] : [sql`c.first_show_at < ${at(before)}`, sql`s.starts_at < ${at(before)}`]
  // the span is an index's guess: a tour may have nothing between its first and last show
  return sql`c.deleted_at is null and ${titled} and ${spanAfter} and ${spanUntil} and exists (
    select from concert.shows s where s.concert_id = c.id and s.status in ${seenByAll} and ${after} and ${until})`
}

const orNull = (ms: number | null) => (ms === null ? null : at(ms))

function searchable(title: string) {
  const normal = normalised(title)
  return { title, normal, bigrams: bigramsOf(normal) }
}
