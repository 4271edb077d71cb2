import sql from 'sql-template-tag'
import { at, type Database } from '../platform/database.ts'

/** One line in the sandbox bank's own books; money `in` from outside or `out` to it. Instants in epoch ms. */
export type Charge = {
  ref: string
  direction: 'in' | 'out'
  amount: number
  source: string
  outcome: 'approved' | 'declined'
  createdAt: number
  answersAt: number
}

/** Books what is not booked yet: the first request of a ref counts. */
export async function insertCharges(db: Database, charges: Charge[]): Promise<void> {
  await db.rows(sql`
    insert into wallet.sandbox_charges (ref, direction, amount, source, outcome, created_at, answers_at)
    select * from unnest(${charges.map((c) => c.ref)}::uuid[], ${charges.map((c) => c.direction)}::text[],
      ${charges.map((c) => c.amount)}::bigint[], ${charges.map((c) => c.source)}::text[],
      ${charges.map((c) => c.outcome)}::text[], ${charges.map((c) => at(c.createdAt))}::timestamptz[],
      ${charges.map((c) => at(c.answersAt))}::timestamptz[]) as c(ref, direction, amount, source, outcome, created_at, answers_at)
    order by c.ref
    on conflict (ref) do nothing`)
}

export async function chargesOf(db: Database, refs: string[]): Promise<Map<string, Charge>> {
  const rows = await db.rows<Charge>(sql`
    select ref, direction, amount, source, outcome, created_at as "createdAt", answers_at as "answersAt"
    from wallet.sandbox_charges where ref = any(${refs}::uuid[])`)
  return new Map(rows.map((row) => [row.ref, row]))
}

/** Answers that are due and were to be told by a callback; the oldest first. */
export const chargesToTell = (db: Database, now: number, max: number) =>
  db.rows<Charge>(sql`
    select ref, direction, amount, source, outcome, created_at as "createdAt", answers_at as "answersAt" from wallet.sandbox_charges
    where source = 'sandbox:callback' and told_at is null and answers_at <= ${at(now)} order by answers_at limit ${max}`)

export const markTold = (db: Database, ref: string, now: number) =>
  db.rows(sql`update wallet.sandbox_charges set told_at = ${at(now)} where ref = ${ref}`)
