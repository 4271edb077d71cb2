import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

/** Locks the shows against closing and tells which are closed. Shared, so it waits only for who closes them. */
export async function lockShows(tx: Tx, showIds: string[]): Promise<Set<string>> {
  const ids = [...new Set(showIds)].sort()
  const look = () =>
    tx.rows<{ id: string; closed: boolean }>(sql`
      select show_id as id, closed from reservation.shows where show_id = any(${ids}::uuid[]) order by show_id for share`)
  let rows = await look()
  if (rows.length < ids.length) {
    await tx.rows(sql`
      insert into reservation.shows (show_id) select id from unnest(${ids}::uuid[]) as s(id) order by id
      on conflict do nothing`)
    rows = await look()
  }
  return new Set(rows.filter((row) => row.closed).map((row) => row.id))
}

/** Closes shows for good: waits for creates and pins under way, later ones are refused. */
export async function closeShows(tx: Tx, showIds: string[], now: number): Promise<void> {
  const ids = [...new Set(showIds)].sort()
  await tx.rows(sql`
    insert into reservation.shows (show_id, closed, closed_at)
    select id, true, ${at(now)} from unnest(${ids}::uuid[]) as s(id) order by id
    on conflict (show_id) do update set closed = true, closed_at = excluded.closed_at
    where not reservation.shows.closed`)
}

/** Closed shows with somebody to end, or with nobody left; where everybody is paying there is nothing to do yet. */
export async function showsToDrain(db: Reader, limit: number): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(sql`
    select s.show_id as id from reservation.shows s
    where s.closed and not s.drained and (
      exists (select 1 from reservation.reservations r where r.show_id = s.show_id and r.ended_at is null and r.status <> 'paying')
      or not exists (select 1 from reservation.reservations r where r.show_id = s.show_id and r.ended_at is null))
    order by s.show_id limit ${limit}`)
  return rows.map((row) => row.id)
}

export async function salesOf(db: Reader, showId: string): Promise<{ pending: number; paying: number; confirmed: number }> {
  const rows = await db.rows<{ status: string; count: number }>(sql`
    select status, count(*)::int as count from reservation.reservations
    where show_id = ${showId} and ended_at is null group by status`)
  const count = (status: string) => rows.find((row) => row.status === status)?.count ?? 0
  return { pending: count('pending'), paying: count('paying'), confirmed: count('confirmed') }
}

/** Pending and confirmed reservations of a show; those that are paying are passed over. */
export async function endableOf(db: Reader, showId: string, limit: number): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(sql`
    select id from reservation.reservations
    where show_id = ${showId} and ended_at is null and status <> 'paying' order by id limit ${limit}`)
  return rows.map((row) => row.id)
}

/** A closed show with nobody left in it needs no more looks: nothing can be created there any more. */
export async function markDrained(db: Reader, showId: string): Promise<void> {
  await db.rows(sql`
    update reservation.shows s set drained = true
    where s.show_id = ${showId} and s.closed and not s.drained and not exists (
      select 1 from reservation.reservations r
      where r.show_id = s.show_id and r.ended_at is null)`)
}
