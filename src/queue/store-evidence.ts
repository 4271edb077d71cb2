import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Counted } from '../platform/tally.ts'

/** A decision of the gate against somebody. `sender` is an address prefix; it is stored as a hash. */
export type Note = { showId: string; userId: string | null; sender: string | null; rule: string; outcome: 'slowed' | 'refused'; inputs: Record<string, unknown> }
export type Evidence = { rule: string; outcome: string; count: number; firstAt: number; lastAt: number; inputs: Record<string, unknown> }
export type Appeal = {
  id: string
  showId: string
  userId: string
  text: string
  filedAt: number
  evidence: Evidence[]
  outcome: 'upheld' | 'declined' | null
  answer: string | null
  answeredAt: number | null
}

const senderHash = sql`encode(sha256(convert_to(s.audit_salt::text || n.sender, 'UTF8')), 'hex')`

/** Decisions about shows that the queue does not know are left out: nobody stood before their gate. */
export const insertEvidence = (db: Reader, notes: Counted<Note>[]) =>
  db.rows(sql`
    insert into queue.evidence (show_id, user_id, sender, rule, outcome, count, first_at, last_at, inputs)
    select s.show_id, n.user_id, ${senderHash}, n.rule, n.outcome, n.count, n.first_at, n.last_at, n.inputs::jsonb
    from unnest(${notes.map((n) => n.showId)}::uuid[], ${notes.map((n) => n.userId)}::uuid[], ${notes.map((n) => n.sender)}::text[],
      ${notes.map((n) => n.rule)}::text[], ${notes.map((n) => n.outcome)}::text[], ${notes.map((n) => n.count)}::int[],
      ${notes.map((n) => at(n.firstAt))}::timestamptz[], ${notes.map((n) => at(n.lastAt))}::timestamptz[],
      ${notes.map((n) => JSON.stringify(n.inputs))}::text[])
      as n(show_id, user_id, sender, rule, outcome, count, first_at, last_at, inputs)
    join queue.shows s on s.show_id = n.show_id`)

/** What was decided about a user and about the address the user now comes from, newest first. */
export const evidenceOf = (db: Reader, { showId, userId, sender }: { showId: string; userId: string; sender: string | null }, max: number) =>
  db.rows<Evidence>(sql`
    select e.rule, e.outcome, e.count, e.first_at as "firstAt", e.last_at as "lastAt", e.inputs from queue.evidence e
    where e.show_id = ${showId} and (e.user_id = ${userId} or (e.user_id is null and e.sender = (
      select ${senderHash} from queue.shows s, (values (${sender}::text)) as n(sender) where s.show_id = ${showId})))
    order by e.last_at desc, e.id desc limit ${max}`)

/** At most `max` rows last seen before; answers how many went. */
export const forgetEvidence = async (db: Reader, before: number, max: number): Promise<number> =>
  (await db.rows(sql`
    delete from queue.evidence where id in (select id from queue.evidence where last_at < ${at(before)} order by last_at limit ${max}) returning 1 as one`)).length

const columns = sql`id, show_id as "showId", user_id as "userId", text, filed_at as "filedAt", evidence, outcome, answer, answered_at as "answeredAt"`

export const insertAppeal = (tx: Tx, { id, showId, userId, text, filedAt, evidence }: Appeal) =>
  tx.rows(sql`
    insert into queue.appeals (id, show_id, user_id, text, filed_at, evidence)
    values (${id}, ${showId}, ${userId}, ${text}, ${at(filedAt)}, ${JSON.stringify(evidence)}::jsonb) on conflict (id) do nothing`)

export const appealsOf = (db: Reader, showId: string, userId: string, max: number) =>
  db.rows<Appeal>(sql`select ${columns} from queue.appeals where user_id = ${userId} and show_id = ${showId} order by filed_at desc, id limit ${max}`)

/** Unanswered ones, oldest first, after (filedAt, id). */
export const openAppeals = (db: Reader, after: { at: number; id: string }, max: number) =>
  db.rows<Appeal>(sql`
    select ${columns} from queue.appeals where outcome is null and (filed_at, id) > (${at(after.at)}, ${after.id}::uuid)
    order by filed_at, id limit ${max}`)

/** Upheld ones, in the order of their answers, after (answeredAt, id). */
export const upheldAppeals = (db: Reader, after: { at: number; id: string }, max: number) =>
  db.rows<{ at: number; id: string; showId: string; userId: string }>(sql`
    select answered_at as at, id, show_id as "showId", user_id as "userId" from queue.appeals
    where outcome = 'upheld' and (answered_at, id) > (${at(after.at)}, ${after.id}::uuid) order by answered_at, id limit ${max}`)

export async function lockAppeal(tx: Tx, id: string): Promise<Appeal | undefined> {
  const [row] = await tx.rows<Appeal>(sql`select ${columns} from queue.appeals where id = ${id} for update`)
  return row
}

export const answerAppeal = (tx: Tx, { id, outcome, answer, by, now }: { id: string; outcome: string; answer: string; by: string; now: number }) =>
  tx.rows(sql`
    update queue.appeals set outcome = ${outcome}, answer = ${answer}, answered_by = ${by}, answered_at = ${at(now)}
    where id = ${id} and outcome is null returning id`)

/** What somebody wrote, and what was held against them, goes with the account; that an appeal was answered stays, as in the audit. */
export async function eraseAppeals(tx: Tx, userIds: string[]): Promise<void> {
  await tx.rows(sql`delete from queue.evidence where user_id = any(${userIds}::uuid[])`)
  await tx.rows(sql`delete from queue.appeals where user_id = any(${userIds}::uuid[]) and outcome is null`)
  await tx.rows(sql`update queue.appeals set text = '', evidence = '[]'::jsonb where user_id = any(${userIds}::uuid[])`)
}
