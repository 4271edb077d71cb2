import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Database, type Reader, type Tx } from '../platform/database.ts'
import type { Entry } from './api.ts'

/** An account by what it is and whose: a user's wallet, a show's sales, a provider's external account. */
export type Account = { kind: 'wallet' | 'sales' | 'external'; owner: string }
export const walletOf = (userId: string): Account => ({ kind: 'wallet', owner: userId })
export const salesOf = (showId: string): Account => ({ kind: 'sales', owner: showId })
export const externalOf = (provider: string): Account => ({ kind: 'external', owner: provider })
export const accountKey = (account: Account) => `${account.kind}:${account.owner}`

export const distinctAccounts = (accounts: Account[]): Account[] =>
  [...new Map(accounts.map((account) => [accountKey(account), account])).values()]

/** Creates the accounts that are not there yet. In key order, so that two who create the same ones do not deadlock. */
export async function insertAccounts(reader: Reader, accounts: Account[]): Promise<void> {
  await reader.rows(sql`
    insert into wallet.accounts (kind, owner)
    select kind, owner from unnest(${accounts.map((a) => a.kind)}::text[], ${accounts.map((a) => a.owner)}::text[]) as k(kind, owner)
    order by kind, owner
    on conflict (kind, owner) do nothing`)
}

/** Closes wallets; what they hold is due to be paid out, and what is owed to them still lands. */
export async function closeWallets(tx: Tx, userIds: string[], now: number): Promise<void> {
  await insertAccounts(tx, userIds.map(walletOf))
  await lockAccounts(tx, userIds.map(walletOf))
  await tx.rows(sql`
    update wallet.accounts set closed_at = ${at(now)}, pay_out_at = case when balance > 0 then ${at(now)}::timestamptz end
    where kind = 'wallet' and owner = any(${userIds}::text[]) and closed_at is null`)
}

/**
 * Locks accounts, wallets first, house accounts last, each by id: the one order of every movement of money. Whatever
 * is decided on them is read in a later statement, whose snapshot is younger than the locks.
 */
export async function lockAccounts(tx: Tx, accounts: Account[]): Promise<void> {
  const wanted = distinctAccounts(accounts)
  const locked = await tx.rows(sql`
    select a.id from wallet.accounts a
    join unnest(${wanted.map((a) => a.kind)}::text[], ${wanted.map((a) => a.owner)}::text[]) as k(kind, owner)
      on a.kind = k.kind and a.owner = k.owner
    order by a.kind <> 'wallet', a.id
    for update of a`)
  assert.equal(locked.length, wanted.length, 'an account to lock does not exist')
}

/** Users whose closed wallets are due; each is the caller's until `until`. One that is empty by now owes nothing more. */
export async function claimPayOuts(db: Database, { now, until, limit }: { now: number; until: number; limit: number }) {
  const rows = await db.rows<{ userId: string; balance: number }>(sql`
    with due as materialized (
      select id from wallet.accounts where pay_out_at <= ${at(now)} order by pay_out_at limit ${limit}::int
      for update skip locked)
    update wallet.accounts a set pay_out_at = case when a.balance > 0 then ${at(until)}::timestamptz end
    from due where a.id = due.id returning a.owner as "userId", a.balance`)
  return rows.filter((row) => row.balance > 0).map((row) => row.userId)
}

export type WalletState = { userId: string; balance: number; closed: boolean }

export async function walletStates(reader: Reader, userIds: string[]): Promise<Map<string, WalletState>> {
  const rows = await reader.rows<WalletState>(sql`
    select owner as "userId", balance, closed_at is not null as closed
    from wallet.accounts where kind = 'wallet' and owner = any(${userIds}::text[])`)
  return new Map(rows.map((row) => [row.userId, row]))
}

export async function salesBalance(db: Reader, showId: string): Promise<number> {
  const [row] = await db.rows<{ balance: number }>(sql`select balance from wallet.accounts where kind = 'sales' and owner = ${showId}`)
  return row?.balance ?? 0
}

/** A wallet's ledger, newest first, before the transfer `before`; each side has an index of its own. */
export async function entriesOf(db: Database, userId: string, before: number, limit: number): Promise<Entry[]> {
  return db.rows<Entry>(sql`
    with mine as (select id from wallet.accounts where kind = 'wallet' and owner = ${userId}),
    paid as (
      select t.id, -t.amount as amount, t.debit_balance as balance, t.kind, t.ref, t.at
      from wallet.transfers t where t.debit = (select id from mine) and t.id < ${before}::bigint
      order by t.id desc limit ${limit}::int),
    received as (
      select t.id, t.amount, t.credit_balance as balance, t.kind, t.ref, t.at
      from wallet.transfers t where t.credit = (select id from mine) and t.id < ${before}::bigint
      order by t.id desc limit ${limit}::int)
    select * from (select * from paid union all select * from received) e order by id desc limit ${limit}::int`)
}
