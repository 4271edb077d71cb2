import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Show } from './line.ts'

/** The end of the n-th pause of a show, whose places are being given its length back. */
export type Resuming = { showId: string; resumeNo: number; byMs: number }

const columns = sql`show_id as "showId", resume_no as "resumeNo", resuming_by_ms as "byMs"`

/** Undefined for a show that is not paused or already resumes. */
export async function startResuming(tx: Tx, showId: string, byMs: number): Promise<Resuming | undefined> {
  const [row] = await tx.rows<Resuming>(sql`
    update queue.shows set resume_no = resume_no + 1, resuming_by_ms = ${byMs}
    where show_id = ${showId} and paused_at is not null and resuming_by_ms is null returning ${columns}`)
  return row
}

export const resumingShows = (db: Reader, limit: number) =>
  db.rows<Resuming>(sql`select ${columns} from queue.shows where resuming_by_ms is not null limit ${limit}`)

export async function resumingOf(tx: Tx, showId: string): Promise<Resuming | undefined> {
  const [row] = await tx.rows<Resuming>(sql`select ${columns} from queue.shows where show_id = ${showId} and resuming_by_ms is not null`)
  return row
}

/** At most `max` running deadlines of the locked show that have not moved yet, the earliest first: moved ones stand behind. */
export const moveDeadlines = (tx: Tx, show: Show, { resumeNo, byMs }: Resuming, atLeast: number, max: number) =>
  tx.rows(sql`
    with unmoved as materialized (
      select ctid as tid from queue.places
      where window_id = any(${show.lines.map((line) => line.windowId)}::uuid[]) and until is not null and resumed_no is distinct from ${resumeNo}::int
      order by until limit ${max})
    update queue.places p set until = greatest(until + make_interval(secs => ${byMs / 1000}::float8), ${at(atLeast)}),
      turn_until = turn_until + make_interval(secs => ${byMs / 1000}::float8),
      auto_until = greatest(auto_until + make_interval(secs => ${byMs / 1000}::float8), case when auto_until is not null then ${at(atLeast)}::timestamptz end),
      resumed_no = ${resumeNo}
    where p.ctid = any(array(select tid from unmoved)) returning p.number`)
