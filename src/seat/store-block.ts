import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import type { Reader, Tx } from '../platform/database.ts'

export type BlockSeat = { seatId: number; status: number; reason: string | null }

/** A seat has a reason exactly while it is blocked, and seats with one have an index of their own. */
export const readBlocked = (db: Reader, showId: string) =>
  db.rows<{ seatId: number; reason: string }>(sql`
    select id as "seatId", blocked_reason as reason from seat.seats where show_id = ${showId} and blocked_reason is not null order by id`)

/** In the order of their ids, each by a look-up of its own. */
export const lockSeatsOfShow = (tx: Tx, showId: string, seatIds: number[]) =>
  tx.rows<BlockSeat>(sql`
    select s.* from (select distinct id from unnest(${seatIds}::int[]) as w(id) order by id) w
    cross join lateral (
      select s.id as "seatId", s.status, s.blocked_reason as reason
      from seat.seats s where s.show_id = ${showId} and s.id = w.id for update) s`)

export type Block = { seatIds: number[]; reason: string }

/** All of them in one statement, however many reasons there are; no seat has two. The show is said seat by seat, as where seats are swapped. */
export async function blockSeats(tx: Tx, showId: string, blocks: Block[], by: string) {
  const seats = blocks.flatMap(({ seatIds, reason }) => seatIds.map((id) => ({ id, reason })))
  const rows = await tx.rows(sql`
    update seat.seats s set status = 5, blocked_reason = b.reason, blocked_by = ${by}, version = s.version + 1
    from unnest(${seats.map(() => showId)}::uuid[], ${seats.map(({ id }) => id)}::int[], ${seats.map(({ reason }) => reason)}::text[]) as b(show_id, id, reason)
    where s.show_id = b.show_id and s.id = b.id and s.status in (0, 4) returning 1 as one`)
  assert.equal(rows.length, seats.length, 'seats blocked')
}

/** Back to returned where somebody watches, else to available. */
export async function unblockSeats(tx: Tx, showId: string, seatIds: number[]) {
  const rows = await tx.rows<{ seatId: number; status: number }>(sql`
    update seat.seats s set status = case when h.watch_count > 0 then 4 else 0 end, blocked_reason = null,
      blocked_by = null, version = s.version + 1
    from unnest(${seatIds.map(() => showId)}::uuid[], ${seatIds}::int[]) as b(show_id, id)
    join seat.shows h on h.show_id = b.show_id
    where s.show_id = b.show_id and s.id = b.id and s.status = 5
    returning s.id as "seatId", s.status`)
  assert.equal(rows.length, seatIds.length, 'seats unblocked')
  return rows
}
