import sql from 'sql-template-tag'
import { at, type Database } from '../platform/database.ts'
import { userLimits } from './api.ts'

/** Until when logins of this subject (hash of an address) are not evaluated; 0 if they are. */
export async function throttledUntil(db: Database, subject: string): Promise<number> {
  const [row] = await db.rows<{ until: number }>(sql`select until from "user".throttles where subject = ${subject}`)
  return row?.until ?? 0
}

const free = userLimits.failuresFree - 1
const pauses = [...Array.from({ length: free }, () => 0), ...userLimits.throttleSeconds]

/** Counts a failure within the window and sets the pause; pauses are not prolonged by what is refused in them. */
export const noteFailure = (db: Database, subject: string, now: number) => db.rows(sql`
  insert into "user".throttles as t (subject, failures, failed_at, until) values (${subject}, 1, ${at(now)}, ${at(now)})
  on conflict (subject) do update set
    failures = case when t.failed_at < ${at(now - userLimits.failureWindowMs)} then 1 else least(t.failures + 1, ${pauses.length}::int) end,
    failed_at = ${at(now)},
    until = ${at(now)}::timestamptz + make_interval(secs => (${pauses}::int[])[
      case when t.failed_at < ${at(now - userLimits.failureWindowMs)} then 1 else least(t.failures + 1, ${pauses.length}::int) end])`)

export const clearFailures = (db: Pick<Database, 'rows'>, subject: string) => db.rows(sql`delete from "user".throttles where subject = ${subject}`)
