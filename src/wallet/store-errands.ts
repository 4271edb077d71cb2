import assert from 'node:assert/strict'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { at, type Database, type Reader, type Tx } from '../platform/database.ts'
import { walletLimits } from './api.ts'

/** The two kinds of errands to the provider, by their table. */
export type ErrandTable = 'topups' | 'withdrawals'
export type ErrandStatus = 'pending' | 'done' | 'declined'

/** A top-up or a withdrawal on its way through the provider. `attempt` counts who asked; instants in epoch ms. */
export type Errand = {
  ref: string
  userId: string
  amount: number
  source: string | null
  provider: string
  status: ErrandStatus
  hash: string
  attempt: number
  nextAt: number
  createdAt: number
  version: number
}
export type NewErrand = { ref: string; userId: string; amount: number; source: string | null; hash: string }

const fields = ['ref', 'user_id as "userId"', 'amount', 'source', 'provider', 'status', 'request_hash as hash', 'attempt',
  'next_at as "nextAt"', 'created_at as "createdAt"', 'event_version as version']
const columns = (alias: string): Sql => join(fields.map((field) => raw(`${alias}.${field}`)))
const tableOf = (table: ErrandTable): Sql => raw(`wallet.${table}`)

/** Inserts the top-ups that are new, of wallets that are open and stay below the limit; returns the refs inserted. */
export async function insertTopUps(db: Database, topUps: NewErrand[], provider: string, now: number, nextAt: number) {
  const rows = await db.rows<{ ref: string }>(sql`
    insert into wallet.topups (ref, user_id, amount, source, provider, request_hash, next_at, created_at)
    select n.ref, n.user_id::uuid, n.amount, n.source, ${provider}, n.hash, ${at(nextAt)}, ${at(now)}
    from unnest(${topUps.map((n) => n.ref)}::uuid[], ${topUps.map((n) => n.userId)}::text[],
      ${topUps.map((n) => n.amount)}::bigint[], ${topUps.map((n) => n.source)}::text[],
      ${topUps.map((n) => n.hash)}::text[]) as n(ref, user_id, amount, source, hash)
    join wallet.accounts a on a.kind = 'wallet' and a.owner = n.user_id
    where a.closed_at is null and a.balance + n.amount <= ${walletLimits.balanceMax}::bigint
    order by n.ref
    on conflict (ref) do nothing
    returning ref`)
  return new Set(rows.map((row) => row.ref))
}

export async function insertWithdrawal(tx: Tx, withdrawal: NewErrand, provider: string, now: number, nextAt: number) {
  const [row] = await tx.rows<Errand>(sql`
    insert into wallet.withdrawals as w (ref, user_id, amount, source, provider, request_hash, next_at, created_at)
    values (${withdrawal.ref}, ${withdrawal.userId}, ${withdrawal.amount}, ${withdrawal.source}, ${provider},
      ${withdrawal.hash}, ${at(nextAt)}, ${at(now)})
    returning ${columns('w')}`)
  assert(row, 'the withdrawal was not written')
  return row
}

export async function errandsOf(reader: Reader, table: ErrandTable, refs: string[]): Promise<Map<string, Errand>> {
  const rows = await reader.rows<Errand>(sql`
    select ${columns('e')} from ${tableOf(table)} e where e.ref = any(${refs}::uuid[])`)
  return new Map(rows.map((row) => [row.ref, row]))
}

export async function pendingTopUpsOf(db: Database, userId: string, limit: number): Promise<Errand[]> {
  return db.rows<Errand>(sql`
    select ${columns('e')} from wallet.topups e
    where e.user_id = ${userId} and e.status = 'pending' order by e.created_at desc, e.ref limit ${limit}::int`)
}

type Claim = { provider: string; now: number; until: number; limit: number; ref?: string }

/** Takes errands that are due; setting the next time first makes this caller their one driver until then. */
export async function claimDue(db: Database, table: ErrandTable, { provider, now, until, limit, ref }: Claim): Promise<Errand[]> {
  const one = ref === undefined ? sql`` : sql`and ref = ${ref}::uuid`
  return db.rows<Errand>(sql`
    with due as materialized (
      select ref from ${tableOf(table)}
      where status = 'pending' and next_at <= ${at(now)} and provider = ${provider} ${one}
      order by next_at, ref limit ${limit}::int for update skip locked)
    update ${tableOf(table)} e set attempt = e.attempt + 1, next_at = ${at(until)}
    from due where e.ref = due.ref
    returning ${columns('e')}`)
}

/** When to ask again; only for who still drives it. */
export async function deferErrand(db: Database, table: ErrandTable, ref: string, attempt: number, nextAt: number): Promise<void> {
  await db.rows(sql`
    update ${tableOf(table)} set next_at = ${at(nextAt)}
    where ref = ${ref} and attempt = ${attempt} and status = 'pending'`)
}

/** Ends errands that are still pending, in ref order; returns only those this statement ended. */
export async function settleErrands(
  tx: Tx,
  table: ErrandTable,
  answers: { ref: string; status: ErrandStatus }[],
  now: number,
): Promise<Errand[]> {
  return tx.rows<Errand>(sql`
    with r as materialized (
      select * from unnest(${answers.map((x) => x.ref)}::uuid[], ${answers.map((x) => x.status)}::text[]) as r(ref, status)),
    locked as materialized (
      select e.ref from ${tableOf(table)} e join r on r.ref = e.ref
      where e.status = 'pending' order by e.ref for update of e)
    update ${tableOf(table)} e
    set status = r.status, settled_at = ${at(now)}, event_version = e.event_version + 1
    from locked join r on r.ref = locked.ref where e.ref = locked.ref
    returning ${columns('e')}`)
}
