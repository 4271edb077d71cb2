import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { StockTold } from '../seat/api.ts'
import type { Paced } from './pressure.ts'

/** What changed the gate of a whole show. The show is locked, so its ids are in one order with those of its places. */
export type GateEvent = 'cap' | 'rate' | 'message' | 'closed' | 'paused' | 'resumed' | 'paced' | 'work'

export const tellGate = (tx: Tx, showId: string, what: GateEvent, detail: Record<string, unknown>, now: number) =>
  tx.rows(sql`
    insert into queue.show_events (show_id, at, what, detail) values (${showId}, ${at(now)}, ${what}, ${JSON.stringify(detail)}::jsonb)`)

/** The log of a show begins with its cap; a show published again keeps both. */
export const tellFirstCap = (tx: Tx, showId: string, now: number) =>
  tx.rows(sql`
    insert into queue.show_events (show_id, at, what, detail) select s.show_id, ${at(now)}, 'cap', json_build_object('cap', s.cap)
    from queue.shows s where s.show_id = ${showId} and not exists (select 1 from queue.show_events e where e.show_id = s.show_id)`)

export const setCap = (tx: Tx, showId: string, cap: number) =>
  tx.rows(sql`update queue.shows set cap = ${cap} where show_id = ${showId}`)

/** Null takes the rate away. A new rate begins with an empty bucket. */
export const setRate = (tx: Tx, showId: string, perMinute: number | null, now: number) =>
  tx.rows(sql`update queue.shows set rate_per_minute = ${perMinute}, rate_tokens = 0, rate_at = ${at(now)} where show_id = ${showId}`)

export const spendRate = (tx: Tx, showId: string, tokens: number, now: number) =>
  tx.rows(sql`update queue.shows set rate_tokens = ${tokens}, rate_at = ${at(now)} where show_id = ${showId}`)

export const setWorkBits = (tx: Tx, showId: string, bits: number) =>
  tx.rows(sql`update queue.shows set work_bits = ${bits} where show_id = ${showId}`)

/** Turns, passes and waiting places of a show; who left is taken from the blocks, so `waiting` is near, not exact. */
export async function clocksOf(db: Reader, showId: string): Promise<{ turns: number; passes: number; waiting: number }> {
  const [row] = await db.rows<{ turns: number; passes: number; waiting: number }>(sql`
    select coalesce(sum(c.turns), 0)::int as turns, coalesce(sum(c.passes), 0)::int as passes,
      coalesce(sum(greatest(0, l.last - l.admitted_through - b.gone)) filter (where l.phase <> 'closed'), 0)::int as waiting
    from queue.lines l cross join lateral (
      select count(*) filter (where status = 'called') as turns, count(*) filter (where status = 'inside') as passes
      from queue.places p where p.window_id = l.window_id and p.until is not null) c
    cross join lateral (
      select coalesce(sum(places), 0)::int as gone from queue.left_blocks b
      where b.window_id = l.window_id and b.block > l.admitted_through / 256) b
    where l.show_id = ${showId}`)
  return row ?? { turns: 0, passes: 0, waiting: 0 }
}

export const setStock = (tx: Tx, told: StockTold, room: number, now: number) =>
  tx.rows(sql`
    update queue.shows set availability = ${told.availability.state}, room = ${room}, taken = ${told.taken},
      seats_left = ${told.left.reduce((sum, { available }) => sum + available, 0)},
      left_by_grade = ${JSON.stringify(Object.fromEntries(told.left.map(({ grade, available }) => [grade, available])))}::jsonb,
      pressure = ${JSON.stringify(told.pressure)}::jsonb, pressure_at = ${at(now)}
    where show_id = ${told.showId}`)

/** Shows whose pace may change: somebody is in, or something pressed. */
export const showsToPace = async (db: Reader, before: number, max: number) =>
  (await db.rows<{ showId: string }>(sql`
    select s.show_id as "showId" from queue.shows s
    where (s.pace_at is null or s.pace_at <= ${at(before)})
      and s.show_id in (select show_id from queue.lines where live > 0 union all select show_id from queue.shows where pace_cap is not null)
    order by s.pace_at nulls first limit ${max}`)).map((row) => row.showId)

export const setPace = (tx: Tx, showId: string, { paceCap, paceReason, usualHoldMs, usualPayMs }: Paced, now: number) =>
  tx.rows(sql`
    update queue.shows set pace_cap = ${paceCap}, pace_reason = ${paceReason}, usual_hold_ms = ${usualHoldMs}, usual_pay_ms = ${usualPayMs},
      pace_at = ${at(now)} where show_id = ${showId}`)
