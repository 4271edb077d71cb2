import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Account } from './store-accounts.ts'

export type Debit = { paymentId: string; userId: string; showId: string; amount: number; hash: string }
export type Outcome = 'done' | 'balance_insufficient' | 'void'
/** The final answer to a payment's ref. `hash` is null for a void, which knew no request. */
export type Decision = { ref: string; userId: string; outcome: Outcome; hash: string | null; params: Record<string, number> }
type Written = { transfers: number; balances: number }

/**
 * Decides payments in one statement: earlier decisions stand, the others are done if the wallet covers them. Every
 * account is locked by an earlier statement; each ref and each user occurs once. Transfers are numbered in the order
 * of `i`, so a show's running balance chains through the batch; balances are summed per account before the update.
 */
export async function decidePayments(tx: Tx, debits: Debit[], now: number): Promise<Map<string, Decision>> {
  const rows = await tx.rows<Decision & Written & { fresh: boolean }>(sql`
    with r as materialized (
      select r.*, d.id as debit, d.balance, c.id as credit, c.balance as sales_balance
      from unnest(${debits.map((x) => x.paymentId)}::uuid[], ${debits.map((x) => x.userId)}::text[],
        ${debits.map((x) => x.showId)}::text[], ${debits.map((x) => x.amount)}::bigint[],
        ${debits.map((x) => x.hash)}::text[]) with ordinality as r(ref, user_id, show_id, amount, hash, i)
      join wallet.accounts d on d.kind = 'wallet' and d.owner = r.user_id
      join wallet.accounts c on c.kind = 'sales' and c.owner = r.show_id),
    old as materialized (select d.* from wallet.decisions d join r on r.ref = d.ref),
    j as materialized (
      select r.*, r.balance >= r.amount as enough from r where not exists (select 1 from old where old.ref = r.ref)),
    paid as materialized (
      select j.*, (sales_balance + sum(amount) over (partition by credit order by i))::bigint as credit_balance
      from j where enough),
    dec as (
      insert into wallet.decisions (ref, user_id, outcome, amount, request_hash, params, at)
      select ref, user_id::uuid, case when enough then 'done' else 'balance_insufficient' end, amount, hash,
        case when enough then jsonb_build_object('balance', balance - amount)
          else jsonb_build_object('missing', amount - balance) end, ${at(now)}
      from j order by ref
      returning ref, user_id, outcome, request_hash, params),
    t as (
      insert into wallet.transfers (debit, credit, amount, kind, ref, at, debit_balance, credit_balance)
      select debit, credit, amount, 'payment', ref, ${at(now)}, balance - amount, credit_balance from paid order by i
      returning debit, credit, amount),
    u as (
      update wallet.accounts a set balance = a.balance + s.n
      from (select id, sum(n)::bigint as n
        from (select debit as id, -amount as n from t union all select credit, amount from t) x group by id) s
      where a.id = s.id returning 1)
    select d.ref, d.user_id as "userId", d.outcome, d.request_hash as hash, d.params, d.fresh,
      (select count(*) from t) as transfers, (select count(*) from u) as balances
    from (select ref, user_id, outcome, request_hash, params, true as fresh from dec
      union all select ref, user_id, outcome, request_hash, params, false from old) d`)
  assert.equal(rows.length, debits.length, 'a payment was not decided')
  const done = new Set(rows.filter((row) => row.fresh && row.outcome === 'done').map((row) => row.ref))
  const paid = debits.filter((debit) => done.has(debit.paymentId))
  const accounts = new Set(paid.flatMap((debit) => [`wallet ${debit.userId}`, `sales ${debit.showId}`]))
  assert.equal(Number(rows[0]?.transfers), paid.length, 'transfers and decisions differ')
  assert.equal(Number(rows[0]?.balances), accounts.size, 'a balance was not applied')
  return new Map(rows.map((row) => [row.ref, row]))
}

/** Writes `void` where nothing was decided yet; returns what is decided now. The users' wallets are locked. */
export async function decideVoids(tx: Tx, voids: { paymentId: string; userId: string }[], now: number) {
  const rows = await tx.rows<Decision>(sql`
    with r as materialized (
      select * from unnest(${voids.map((x) => x.paymentId)}::uuid[], ${voids.map((x) => x.userId)}::uuid[]) as r(ref, user_id)),
    dec as (
      insert into wallet.decisions (ref, user_id, outcome, params, at)
      select ref, user_id, 'void', '{}', ${at(now)} from r order by ref
      on conflict (ref) do nothing
      returning ref, user_id, outcome, request_hash, params)
    select ref, user_id as "userId", outcome, request_hash as hash, params
    from (select * from dec union all
      select d.ref, d.user_id, d.outcome, d.request_hash, d.params from wallet.decisions d join r on r.ref = d.ref) d`)
  assert.equal(rows.length, voids.length, 'a payment was neither voided nor decided')
  return new Map(rows.map((row) => [row.ref, row]))
}

export type TransferKind = 'refund' | 'top_up' | 'withdrawal' | 'withdrawal_returned'
/** A bank that declined a pay-out is asked again a day later. */
const payOutAgainMs = 24 * 3_600_000
export type Transfer = { ref: string; debit: Account; credit: Account; amount: number }

/**
 * Moves money unconditionally, each ref of a kind once (a constraint keeps that). Every account is locked by an
 * earlier statement; no account is on both sides. The same account may occur many times: its balances run. What a closed wallet
 * holds then is due to be paid out.
 */
export async function postTransfers(tx: Tx, kind: TransferKind, transfers: Transfer[], now: number): Promise<void> {
  const payOutAt = kind === 'withdrawal_returned' ? now + payOutAgainMs : now
  const [written] = await tx.rows<Written>(sql`
    with r as materialized (
      select r.ref, r.amount, r.i, d.id as debit, c.id as credit,
        (d.balance - sum(r.amount) over (partition by d.id order by r.i))::bigint as debit_balance,
        (c.balance + sum(r.amount) over (partition by c.id order by r.i))::bigint as credit_balance
      from unnest(${transfers.map((x) => x.ref)}::uuid[], ${transfers.map((x) => x.amount)}::bigint[],
        ${transfers.map((x) => x.debit.kind)}::text[], ${transfers.map((x) => x.debit.owner)}::text[],
        ${transfers.map((x) => x.credit.kind)}::text[], ${transfers.map((x) => x.credit.owner)}::text[])
        with ordinality as r(ref, amount, debit_kind, debit_owner, credit_kind, credit_owner, i)
      join wallet.accounts d on d.kind = r.debit_kind and d.owner = r.debit_owner
      join wallet.accounts c on c.kind = r.credit_kind and c.owner = r.credit_owner),
    t as (
      insert into wallet.transfers (debit, credit, amount, kind, ref, at, debit_balance, credit_balance)
      select debit, credit, amount, ${kind}, ref, ${at(now)}, debit_balance, credit_balance from r order by i
      returning debit, credit, amount),
    u as (
      update wallet.accounts a set balance = a.balance + s.n,
        pay_out_at = case when a.closed_at is not null and a.balance + s.n > 0 then least(a.pay_out_at, ${at(payOutAt)}::timestamptz) end
      from (select id, sum(n)::bigint as n
        from (select debit as id, -amount as n from t union all select credit, amount from t) x group by id) s
      where a.id = s.id returning 1)
    select (select count(*) from t) as transfers, (select count(*) from u) as balances`)
  const accounts = new Set(transfers.flatMap(({ debit, credit }) => [debit, credit].map((a) => `${a.kind} ${a.owner}`)))
  assert.equal(written?.transfers, transfers.length, 'a transfer was not written')
  assert.equal(written.balances, accounts.size, 'a balance was not applied')
}

export type PostedTransfer = { ref: string; debitOwner: string; creditOwner: string; amount: number }

/** Transfers of a kind that are written already, by ref. */
export async function transfersOf(reader: Reader, kind: TransferKind, refs: string[]): Promise<Map<string, PostedTransfer>> {
  const rows = await reader.rows<PostedTransfer>(sql`
    select t.ref, d.owner as "debitOwner", c.owner as "creditOwner", t.amount
    from wallet.transfers t join wallet.accounts d on d.id = t.debit join wallet.accounts c on c.id = t.credit
    where t.kind = ${kind} and t.ref = any(${refs}::uuid[])`)
  return new Map(rows.map((row) => [row.ref, row]))
}
