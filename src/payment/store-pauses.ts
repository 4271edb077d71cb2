import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export const pause = (tx: Tx, showId: string, pausedAt: number) =>
  tx.rows(sql`insert into payment.pauses (show_id, paused_at) values (${showId}, ${at(pausedAt)}) on conflict do nothing`)

/** When the pause began that is over now; undefined if there was none. */
export async function endPause(tx: Tx, showId: string): Promise<number | undefined> {
  const [ended] = await tx.rows<{ pausedAt: number }>(sql`delete from payment.pauses where show_id = ${showId} returning paused_at as "pausedAt"`)
  return ended?.pausedAt
}

/** Read after the payments are locked: who ends a pause moves them first, so that a wait is judged by what it became. */
export const pausedOf = async (tx: Reader, showIds: string[]): Promise<Set<string>> =>
  new Set((await tx.rows<{ showId: string }>(sql`select show_id as "showId" from payment.pauses where show_id = any(${showIds}::uuid[])`)).map((row) => row.showId))

/** Locked in id order, as everywhere. */
export const moveWaits = (tx: Tx, { showId, byMs, atLeast }: { showId: string; byMs: number; atLeast: number }) =>
  tx.rows(sql`
    with waiting as materialized (
      select id from payment.payments where show_id = ${showId} and status = 'pending' and until is not null order by id for no key update)
    update payment.payments p set until = greatest(p.until + make_interval(secs => ${byMs / 1_000}::float8), ${at(atLeast)})
    from waiting where p.id = waiting.id returning 1 as one`)
