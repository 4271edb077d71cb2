import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

const payOutAgeMaxMs = 60_000

/** Money is neither made nor lost. Each is one statement, so that it sees whole batches on a live server. */
export const walletChecks: Check[] = [
  {
    id: 'I5',
    name: 'all balances sum to zero',
    query: () => sql`select sum(balance) as balances from wallet.accounts having sum(balance) <> 0`,
  },
  {
    id: 'I5',
    name: 'a balance is the sum of its transfers',
    query: () => sql`
      with legs as (
        select debit as id, -amount as n from wallet.transfers union all select credit, amount from wallet.transfers),
      sums as (select id, sum(n) as n from legs group by id)
      select a.id, a.kind, a.owner, a.balance, coalesce(s.n, 0) as transfers
      from wallet.accounts a left join sums s on s.id = a.id
      where a.balance <> coalesce(s.n, 0) limit 20`,
  },
  {
    id: 'I5',
    name: 'both sides of a transfer are accounts',
    query: () => sql`
      select t.id, t.debit, t.credit from wallet.transfers t
      where (select count(*) from wallet.accounts a where a.id in (t.debit, t.credit)) <> 2 limit 20`,
  },
  {
    id: 'I5',
    name: 'no wallet is below zero, now or at any transfer',
    query: () => sql`
      select a.owner, a.balance, null::bigint as transfer from wallet.accounts a where a.kind = 'wallet' and a.balance < 0
      union all
      select a.owner, t.debit_balance, t.id from wallet.transfers t join wallet.accounts a on a.id = t.debit
      where a.kind = 'wallet' and t.debit_balance < 0
      limit 20`,
  },
  {
    id: 'I5',
    name: 'running balances of an account chain without a gap',
    query: () => sql`
      with legs as (
        select debit as account, id, -amount as n, debit_balance as balance from wallet.transfers
        union all select credit, id, amount, credit_balance from wallet.transfers),
      chain as (select *, coalesce(lag(balance) over (partition by account order by id), 0) as before from legs)
      select account, id as transfer, before, n, balance from chain where before + n <> balance limit 20`,
  },
  {
    id: 'I7',
    name: 'a done payment has exactly one transfer of its amount from its wallet; refused and void ones have none',
    query: () => sql`
      select coalesce(d.ref, t.ref) as ref, d.outcome, count(t.id) as transfers
      from wallet.decisions d
      full join (
        select t.id, t.ref, t.amount, a.owner from wallet.transfers t join wallet.accounts a on a.id = t.debit
        where t.kind = 'payment') t on t.ref = d.ref
      group by 1, 2
      having coalesce(d.outcome, 'none') <> 'done' and count(t.id) > 0
        or d.outcome = 'done' and (count(t.id) <> 1 or bool_or(t.amount <> d.amount or t.owner <> d.user_id::text))
      limit 20`,
  },
  {
    id: 'I7',
    name: 'a done top-up was credited exactly once; a pending or declined one was not',
    query: () => sql`
      select coalesce(u.ref, t.ref) as ref, u.status, count(t.id) as transfers
      from wallet.topups u
      full join (
        select t.id, t.ref, t.amount, a.owner from wallet.transfers t join wallet.accounts a on a.id = t.credit
        where t.kind = 'top_up') t on t.ref = u.ref
      group by 1, 2
      having coalesce(u.status, 'none') <> 'done' and count(t.id) > 0
        or u.status = 'done' and (count(t.id) <> 1 or bool_or(t.amount <> u.amount or t.owner <> u.user_id::text))
      limit 20`,
  },
  {
    id: 'I7',
    name: 'a withdrawal left the wallet exactly once and came back exactly if it was declined',
    query: () => sql`
      select coalesce(w.ref, t.ref) as ref, w.status, count(t.id) as transfers
      from wallet.withdrawals w
      full join (
        select t.id, t.ref, t.kind, t.amount, case t.kind when 'withdrawal' then d.owner else c.owner end as owner
        from wallet.transfers t join wallet.accounts d on d.id = t.debit join wallet.accounts c on c.id = t.credit
        where t.kind in ('withdrawal', 'withdrawal_returned')) t on t.ref = w.ref
      group by 1, 2
      having w.status is null
        or count(*) filter (where t.kind = 'withdrawal') <> 1
        or count(*) filter (where t.kind = 'withdrawal_returned') <> (w.status = 'declined')::int
        or bool_or(t.amount <> w.amount or t.owner <> w.user_id::text)
      limit 20`,
  },
  {
    id: 'I9',
    name: 'what a closed wallet holds is paid out within a minute of its time',
    query: (now) => sql`
      select owner, balance, pay_out_at from wallet.accounts
      where closed_at is not null and balance > 0 and coalesce(pay_out_at, closed_at) < ${at(now - payOutAgeMaxMs)} limit 20`,
  },
]
