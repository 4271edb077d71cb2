import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { assertSound, balanceOf, openTestWallet, refusalOf, startWallet, type TestWallet, transferCount, userWith } from './testing.ts'

let wallet: TestWallet
before(async () => {
  wallet = await openTestWallet()
})
afterEach(() => assertSound(wallet.db))
after(() => wallet.close())

/** Moves the clock in steps, as the job's timer would, and runs the jobs at each. */
async function pass(ms: number, stepMs = 1_000) {
  for (let left = ms; left > 0; left -= stepMs) {
    wallet.clock.ms += Math.min(stepMs, left)
    await wallet.runJobs()
  }
}

async function eventsOf(key: string) {
  return wallet.db.rows<{ name: string; version: number; data: object }>(sql`
    select name, version, data from wallet.outbox where key = ${key} order by id`)
}

test('a withdrawal takes the money at once and sends it out', async () => {
  const userId = await userWith(wallet.api, 100)
  const input = { withdrawalId: randomUUID(), userId, amount: 60 }
  assert.equal((await wallet.api.withdraw(input)).status, 'done')
  assert.equal((await wallet.api.withdraw(input)).status, 'done')
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 40)
  assert.equal((await refusalOf(wallet.api.withdraw({ ...input, amount: 1 }))).code, 'idempotency_conflict')
  const refusal = await refusalOf(wallet.api.withdraw({ ...input, withdrawalId: randomUUID() }))
  assert.deepEqual([refusal.code, refusal.params], ['balance_insufficient', { missing: 20 }])
})

test('a withdrawal whose answer was lost is found at the bank, sent once and stays taken once', async () => {
  const userId = await userWith(wallet.api, 100)
  const input = { withdrawalId: randomUUID(), userId, amount: 60, source: 'sandbox:lost' }
  assert.equal((await wallet.api.withdraw(input)).status, 'pending')
  await pass(3_000)
  assert.equal((await wallet.api.withdraw(input)).status, 'done')
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 40)
  assert.equal(await transferCount(wallet.db, input.withdrawalId), 1)
})

test('a withdrawal on its way cannot be spent; when the provider declines, the money returns once', async () => {
  const userId = await userWith(wallet.api, 100)
  const declined = { withdrawalId: randomUUID(), userId, amount: 100, source: 'sandbox:decline' }
  assert.equal((await wallet.api.withdraw(declined)).status, 'declined')
  assert.equal((await wallet.api.withdraw(declined)).status, 'declined')
  const slow = { withdrawalId: randomUUID(), userId, amount: 100, source: 'sandbox:slow' }
  assert.equal((await wallet.api.withdraw(slow)).status, 'pending')
  const debit = { paymentId: randomUUID(), userId, showId: randomUUID(), amount: 1 }
  assert.equal((await refusalOf(wallet.api.debit(debit))).code, 'balance_insufficient')
  await pass(6_000)
  assert.equal((await wallet.api.withdrawalOf({ withdrawalId: slow.withdrawalId, userId })).status, 'done')
  const { entries } = await wallet.api.entries({ userId, limit: 10 })
  assert.deepEqual(entries.map((e) => e.kind), ['withdrawal', 'withdrawal_returned', 'withdrawal', 'top_up'])
  assert.deepEqual((await eventsOf(declined.withdrawalId)).map((e) => e.name), ['wallet.withdrawal_declined'])
})

test('parallel withdrawals of one key take the money once, of two keys never more than there is', async () => {
  const userId = await userWith(wallet.api, 100)
  const other = wallet.start()
  const input = { withdrawalId: randomUUID(), userId, amount: 60 }
  const rival = { withdrawalId: randomUUID(), userId, amount: 60 }
  const calls = Array.from({ length: 40 }, (_, i) => (i % 2 ? wallet : other).api.withdraw(i % 4 < 2 ? input : rival))
  await Promise.allSettled(calls)
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 40)
  assert.equal((await transferCount(wallet.db, input.withdrawalId)) + (await transferCount(wallet.db, rival.withdrawalId)), 1)
})

test('the sandbox keeps its books over a restart and refuses one ref for two sums', async () => {
  const ref = randomUUID()
  assert.equal(await wallet.provider.find(ref), 'unknown')
  assert.equal(await wallet.provider.pay({ ref, amount: 5, source: 'sandbox:slow' }), 'pending')
  wallet.clock.ms += 3_000
  const restarted = startWallet(wallet.db, wallet.clock).provider
  assert.equal(await restarted.find(ref), 'approved')
  assert.equal(await restarted.pay({ ref, amount: 5, source: 'sandbox:slow' }), 'approved')
  await assert.rejects(restarted.pay({ ref, amount: 6 }), /twice, differently/)
  await assert.rejects(restarted.payOut({ ref, amount: 5 }), /twice, differently/)
})
