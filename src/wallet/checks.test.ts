import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { walletChecks } from './checks.ts'
import { assertSound, openTestWallet, startedAt, type TestWallet } from './testing.ts'

let wallet: TestWallet
let userId: string
const [paid, refused, voided, toppedUp, declined, withdrawn] = Array.from({ length: 6 }, () => randomUUID())

before(async () => {
  wallet = await openTestWallet()
  const { api, db } = wallet
  userId = randomUUID()
  const showId = randomUUID()
  await api.topUp({ topUpId: toppedUp ?? '', userId, amount: 1000 })
  await api.topUp({ topUpId: declined ?? '', userId, amount: 1000, source: 'sandbox:decline' })
  await api.debit({ paymentId: paid ?? '', userId, showId, amount: 300 })
  await api.debit({ paymentId: refused ?? '', userId, showId, amount: 5000 }).catch(() => undefined)
  await api.void({ paymentId: voided ?? '', userId })
  await api.withdraw({ withdrawalId: withdrawn ?? '', userId, amount: 50, source: 'sandbox:decline' })
  await api.withdraw({ withdrawalId: randomUUID(), userId, amount: 50 })
  await db.rows(sql`alter table wallet.accounts drop constraint wallet_not_below_zero`)
  await db.rows(sql`alter table wallet.transfers drop constraint transfers_once`)
})
after(() => wallet.close())

/** The names of the checks that complain while the violation is there; it is rolled back. */
async function complaintsAbout(...violation: Sql[]): Promise<string[]> {
  const names: string[] = []
  const undo = new Error('undo')
  await wallet.db.transaction(async (tx) => {
    for (const statement of violation) await tx.rows(statement)
    for (const check of walletChecks) if ((await tx.rows(check.query(startedAt))).length > 0) names.push(check.name)
    throw undo
  }).catch((error: unknown) => assert.equal(error, undo))
  return names
}

const complains = async (word: RegExp, ...violation: Sql[]) => {
  const names = await complaintsAbout(...violation)
  assert(names.some((name) => word.test(name)), `${word} did not complain, only: ${names.join('; ') || 'nobody'}`)
}

test('what the service wrote is sound', () => assertSound(wallet.db))

test('made money is found', () =>
  complains(/sum to zero/, sql`update wallet.accounts set balance = balance + 1 where owner = ${userId}`))

test('a balance that differs from its transfers is found, even if the sum is zero', async () => {
  await complains(/sum of its transfers/,
    sql`update wallet.accounts set balance = balance + 1 where owner = ${userId}`,
    sql`update wallet.accounts set balance = balance - 1 where kind = 'sales'`)
})

test('money that stays in a closed wallet is found', () =>
  complains(/closed wallet/, sql`update wallet.accounts set closed_at = to_timestamp(${startedAt / 1000 - 61}) where owner = ${userId}`))

test('a transfer between accounts of which one is not there is found', () =>
  complains(/are accounts/, sql`update wallet.transfers set credit = 999999 where ref = ${paid}`))

test('a wallet below zero is found, now and in the past', async () => {
  await complains(/below zero/, sql`update wallet.accounts set balance = -1 where owner = ${userId}`)
  await complains(/below zero/, sql`update wallet.transfers set debit_balance = -1 where ref = ${paid}`)
})

test('a ledger with a changed or missing line does not chain', async () => {
  await complains(/chain/, sql`update wallet.transfers set credit_balance = credit_balance + 1 where ref = ${toppedUp}`)
  await complains(/chain/, sql`delete from wallet.transfers where ref = ${paid}`)
})

const copyOf = (ref: string | undefined, as: string | undefined) => sql`
  insert into wallet.transfers (debit, credit, amount, kind, ref, at, debit_balance, credit_balance)
  select debit, credit, amount, kind, ${as}, at, debit_balance, credit_balance from wallet.transfers where ref = ${ref} limit 1`

test('a payment with no, two or another transfer is found, and so is one that was refused, voided or never decided', async () => {
  const payment = /done payment/
  await complains(payment, sql`delete from wallet.transfers where ref = ${paid}`)
  await complains(payment, copyOf(paid, paid))
  await complains(payment, sql`update wallet.transfers set amount = amount + 1 where ref = ${paid}`)
  await complains(payment, sql`update wallet.decisions set user_id = ${randomUUID()} where ref = ${paid}`)
  for (const ref of [refused, voided, randomUUID()]) await complains(payment, copyOf(paid, ref))
})

test('a top-up that was done but not credited, or credited but not done, is found', async () => {
  const topUp = /done top-up/
  await complains(topUp, sql`delete from wallet.transfers where ref = ${toppedUp}`)
  await complains(topUp, copyOf(toppedUp, toppedUp))
  for (const ref of [declined, randomUUID()]) await complains(topUp, copyOf(toppedUp, ref))
  await complains(topUp, sql`update wallet.topups set amount = amount + 1 where ref = ${toppedUp}`)
})

test('a withdrawal that did not leave, left twice, or did not come back is found', async () => {
  const withdrawal = /withdrawal/
  await complains(withdrawal, sql`delete from wallet.transfers where ref = ${withdrawn} and kind = 'withdrawal'`)
  await complains(withdrawal, sql`delete from wallet.transfers where ref = ${withdrawn} and kind = 'withdrawal_returned'`)
  await complains(withdrawal, copyOf(withdrawn, withdrawn))
  await complains(withdrawal, copyOf(withdrawn, randomUUID()))
  await complains(withdrawal, sql`update wallet.withdrawals set status = 'done' where ref = ${withdrawn}`)
})
