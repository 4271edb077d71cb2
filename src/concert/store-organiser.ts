import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { ConcertItem, ShowDetail } from './api.ts'
import { itemColumns } from './store-concerts.ts'
import { readShows } from './store-shows.ts'

type Page = { organiserId: string | null; limit: number }
const ofOrganiser = (organiserId: string | null) => (organiserId === null ? sql`true` : sql`c.organiser_id = ${organiserId}`)

/** Newest first; without an organiser those of all. */
export const readOwnConcerts = (db: Reader, { organiserId, after, limit }: Page & { after: { createdAt: number; id: string } | undefined }) =>
  db.rows<ConcertItem>(sql`
    select ${itemColumns} from concert.concerts c
    where c.deleted_at is null and ${ofOrganiser(organiserId)}
      and ${after ? sql`(c.created_at, c.id) < (${at(after.createdAt)}, ${after.id}::uuid)` : sql`true`}
    order by c.created_at desc, c.id desc limit ${limit}::int`)

/** How many shows each of these concerts has, and which come first: those to come by start, then those that are over. */
export const readNextShowIds = (db: Reader, concertIds: string[], { now, most }: { now: number; most: number }) =>
  db.rows<{ concertId: string; showCount: number; showIds: string[] }>(sql`
    select concert_id as "concertId", count(*) as "showCount",
      (array_agg(id order by (ends_at < ${at(now)}), starts_at, id))[1:${most}::int] as "showIds"
    from concert.shows where concert_id = any(${concertIds}::uuid[]) and status <> 'deleted' group by concert_id`)

export const readShowsById = (db: Reader, showIds: string[]): Promise<ShowDetail[]> =>
  readShows(db, sql`where s.id = any(${showIds}::uuid[]) and s.status <> 'deleted'`)

/** By start; `from` ≤ start < `before`. */
export const readOwnShows = (db: Reader, { organiserId, from, before, after, limit }: Page & { from: number; before: number; after: { startsAt: number; id: string } | undefined }) =>
  readShows(db, sql`
    where s.status <> 'deleted' and c.deleted_at is null and ${ofOrganiser(organiserId)}
      and s.starts_at >= ${at(from)} and s.starts_at < ${at(before)}
      and ${after ? sql`(s.starts_at, s.id) > (${at(after.startsAt)}, ${after.id}::uuid)` : sql`true`}
    order by s.starts_at, s.id limit ${limit}::int`)

export type StaffRow = { userId: string; addedAt: number }

export const readStaff = (db: Reader, concertId: string) =>
  db.rows<StaffRow>(sql`
    select user_id as "userId", added_at as "addedAt" from concert.staff where concert_id = ${concertId} order by added_at, user_id`)

/** At most `most`: somebody else decides how many name one. */
export const readStaffOf = (db: Reader, userId: string, most = 1_000) =>
  db.rows<{ concertId: string; addedAt: number }>(sql`
    select concert_id as "concertId", added_at as "addedAt" from concert.staff where user_id = ${userId} order by added_at, concert_id limit ${most}::int`)

/** Answers whether it was new. */
export async function insertStaff(tx: Tx, { concertId, userId, by }: { concertId: string; userId: string; by: string }, now: number): Promise<boolean> {
  const rows = await tx.rows(sql`
    insert into concert.staff (concert_id, user_id, added_by, added_at) values (${concertId}, ${userId}, ${by}, ${at(now)})
    on conflict do nothing returning 1 as one`)
  return rows.length === 1
}

/** Answers whether there was one. */
export async function deleteStaff(tx: Tx, { concertId, userId }: { concertId: string; userId: string }): Promise<boolean> {
  const rows = await tx.rows(sql`delete from concert.staff where concert_id = ${concertId} and user_id = ${userId} returning 1 as one`)
  return rows.length === 1
}

export const deleteStaffOfUsers = (tx: Tx, userIds: string[]) =>
  tx.rows(sql`delete from concert.staff where user_id = any(${userIds}::uuid[])`)
