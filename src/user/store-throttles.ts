import sql, { type Sql } from 'sql-template-tag'
import { at, type Database } from '../platform/database.ts'
import { userLimits } from './api.ts'

/** Hashes of an account's address and of where the login came from. */
export type Attempt = { subject: string; sender: string }
/** The counter over all senders. */
const everybody = ''

/** Until when such logins are not evaluated, for what this sender or all together got wrong; 0 if they are. */
export async function throttledUntil(db: Database, { subject, sender }: Attempt): Promise<number> {
  const rows = await db.rows<{ until: number }>(sql`
    select until from "user".throttles where subject = ${subject} and sender in (${sender}, ${everybody})`)
  return Math.max(0, ...rows.map((row) => row.until))
}

const pausesAfter = (free: number, seconds: readonly number[]) => [...Array.from({ length: free - 1 }, () => 0), ...seconds]
const own = pausesAfter(userLimits.failuresFree, userLimits.throttleSeconds)
const overall = pausesAfter(userLimits.failuresFreeOverall, userLimits.throttleSecondsOverall)

/**
 * Counts a failure of this sender and one of all, and sets their pauses; pauses are not prolonged by what is refused in
 * them. A sender's failures are forgotten together after a quiet window; those of all one by one, as time passes.
 */
export const noteFailure = (db: Database, { subject, sender }: Attempt, now: number) => {
  const failures = sql`case when t.sender = ${everybody} then least(${overall.length}::int, 1 + greatest(0, t.failures
      - floor(extract(epoch from ${at(now)}::timestamptz - t.failed_at) * 1000 / ${userLimits.failureForgottenMs}::int)::int))
    when t.failed_at < ${at(now - userLimits.failureWindowMs)} then 1 else least(t.failures + 1, ${own.length}::int) end`
  return db.rows(sql`
    insert into "user".throttles as t (subject, sender, failures, failed_at, until)
    select ${subject}, s.sender, 1, ${at(now)}, ${at(now)} from unnest(${[everybody, sender]}::text[]) as s(sender)
    on conflict (subject, sender) do update set failures = ${failures}, failed_at = ${at(now)},
      until = ${at(now)}::timestamptz + make_interval(secs => ${pauseOf(failures)})`)
}

const pauseOf = (failures: Sql) =>
  sql`case when t.sender = ${everybody} then (${overall}::int[])[${failures}] else (${own}::int[])[${failures}] end`

/** Who knew the password is no guesser; what others got wrong still counts. */
export const clearFailures = (db: Pick<Database, 'rows'>, { subject, sender }: Attempt) =>
  db.rows(sql`delete from "user".throttles where subject = ${subject} and sender = ${sender}`)

export const clearAllFailures = (db: Pick<Database, 'rows'>, subject: string) => db.rows(sql`delete from "user".throttles where subject = ${subject}`)
