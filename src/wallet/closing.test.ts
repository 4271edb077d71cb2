import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { deliver } from '../platform/inbox.ts'
import { isRefusal } from '../platform/outcome.ts'
import type { Provider } from './provider.ts'
import { assertSound, balanceOf, openTestWallet, startWallet, type TestWallet, userWith } from './testing.ts'

let wallet: TestWallet
before(async () => {
  wallet = await openTestWallet()
})
afterEach(() => assertSound(wallet.db, wallet.clock.ms))
after(() => wallet.close())

const dayMs = 24 * 3_600_000

async function close(userId: string) {
  const event = { producer: 'user', name: 'user.erased', key: userId, version: 1, occurredAt: wallet.clock.ms, data: {} }
  assert.equal((await deliver(wallet.db, { name: 'wallet', on: wallet.service.on ?? {} }, [event])).size, 0)
}
const kindsOf = async (userId: string) => (await wallet.api.entries({ userId, limit: 100 })).entries.map(({ kind, amount }) => [kind, amount])
const refund = (userId: string, amount: number) => wallet.api.refund({ cancellationId: randomUUID(), userId, showId: randomUUID(), amount })

test('what is left in a wallet that is closed is paid out, once, by whichever process comes first', async () => {
  const users = await Promise.all([100, 0, 30].map((amount) => userWith(wallet.api, amount)))
  for (const userId of users) await close(userId)
  const other = wallet.start()
  await Promise.all([wallet.runJobs(), other.runJobs(), wallet.runJobs()])
  await wallet.runJobs()
  const [rich, empty, poor] = users as [string, string, string]
  assert.deepEqual(await kindsOf(rich), [['withdrawal', -100], ['top_up', 100]])
  assert.deepEqual(await kindsOf(empty), [])
  assert.deepEqual(await kindsOf(poor), [['withdrawal', -30], ['top_up', 30]])
  const sent = await wallet.db.rows<{ status: string }>(sql`select status from wallet.withdrawals where user_id = any(${users}::uuid[])`)
  assert.deepEqual(sent, [{ status: 'done' }, { status: 'done' }])
})

test('what lands in a closed wallet later is paid out each time: a refund, and a top-up the bank was late with', async () => {
  const userId = await userWith(wallet.api, 0)
  await wallet.api.topUp({ topUpId: randomUUID(), userId, amount: 7, source: 'sandbox:late' })
  await close(userId)
  await wallet.runJobs()
  await refund(userId, 60)
  await wallet.runJobs()
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 0)
  await Promise.all([refund(userId, 10), refund(userId, 20)])
  for (let minute = 0; minute < 3; minute++) {
    wallet.clock.ms += 60_000
    await wallet.runJobs()
  }
  const sent = (await kindsOf(userId)).flatMap(([kind, amount]) => (kind === 'withdrawal' ? [amount as number] : []))
  assert.equal(sent.reduce((sum, amount) => sum + amount, 0), -97)
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 0)
})

test('a pay-out the bank declines is back in the closed wallet and is sent again a day later, or with the next money', async () => {
  let isOpen = false
  const moody = (sandbox: Provider): Provider => ({
    ...sandbox,
    payOut: (request) => sandbox.payOut(isOpen ? request : { ...request, source: 'sandbox:decline' }),
  })
  const bank = startWallet(wallet.db, wallet.clock, moody)
  const [patient, lucky] = [await userWith(wallet.api, 50), await userWith(wallet.api, 50)]
  for (const userId of [patient, lucky]) await close(userId)
  await bank.runJobs()
  wallet.clock.ms += 1_000
  await bank.runJobs()
  isOpen = true
  for (const userId of [patient, lucky]) assert.equal(await balanceOf(wallet.db, 'wallet', userId), 50)
  await refund(lucky, 5)
  await bank.runJobs()
  wallet.clock.ms += 1_000
  await bank.runJobs()
  assert.deepEqual([await balanceOf(wallet.db, 'wallet', patient), await balanceOf(wallet.db, 'wallet', lucky)], [50, 0])
  wallet.clock.ms += dayMs
  await bank.runJobs()
  await bank.runJobs()
  assert.deepEqual(await kindsOf(patient), [['withdrawal', -50], ['withdrawal_returned', 50], ['withdrawal', -50], ['top_up', 50]])
})

test('a crash after the claim only delays a pay-out, and an open wallet is never paid out', async () => {
  const [closed, open] = [await userWith(wallet.api, 40), await userWith(wallet.api, 40)]
  await close(closed)
  const dying = { ...wallet.db, transaction: () => Promise.reject(new Error('crashed')) }
  await assert.rejects(startWallet(dying, wallet.clock).runJobs(), AggregateError)
  await wallet.runJobs()
  assert.equal(await balanceOf(wallet.db, 'wallet', closed), 40)
  wallet.clock.ms += 10_000
  await wallet.runJobs()
  assert.deepEqual([await balanceOf(wallet.db, 'wallet', closed), await balanceOf(wallet.db, 'wallet', open)], [0, 40])
  await assert.rejects(wallet.db.rows(sql`update wallet.accounts set pay_out_at = now() where owner = ${open}`), /accounts_paid_out_when_closed/)
})

test('a withdrawal under way when its wallet closes, which the bank then declines, is back in it and is sent again a day later', async () => {
  let answer: 'pending' | 'declined' = 'pending'
  const undecided = (sandbox: Provider): Provider => ({ ...sandbox, payOut: async () => answer, find: async () => answer })
  const bank = startWallet(wallet.db, wallet.clock, undecided)
  const userId = await userWith(wallet.api, 80)
  const withdrawalId = randomUUID()
  assert.equal((await bank.api.withdraw({ withdrawalId, userId, amount: 80 })).status, 'pending')
  await close(userId)
  await bank.runJobs()
  answer = 'declined'
  wallet.clock.ms += 5_000
  await bank.runJobs()
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 80, 'the bank gave it back')
  wallet.clock.ms += dayMs
  await wallet.runJobs()
  assert.deepEqual(await kindsOf(userId), [['withdrawal', -80], ['withdrawal_returned', 80], ['withdrawal', -80], ['top_up', 80]])
})

test('top-ups and the closing at one instant, in two processes: whatever lands is paid out, what does not is refused', async () => {
  const other = wallet.start()
  for (let round = 0; round < 20; round++) {
    const userId = await userWith(wallet.api, 0)
    const topUp = (api: typeof wallet.api) => api.topUp({ topUpId: randomUUID(), userId, amount: 10 }).then(() => 10, (error: unknown) => {
      assert.ok(isRefusal(error, 'account_closed'), String(error))
      return 0
    })
    const landed = await Promise.all([topUp(wallet.api), topUp(other.api), close(userId).then(() => 0), topUp(wallet.api), topUp(other.api)])
    await wallet.runJobs()
    const sent = (await kindsOf(userId)).flatMap(([kind, amount]) => (kind === 'withdrawal' ? [-(amount as number)] : []))
    assert.equal(sent.reduce((sum, amount) => sum + amount, 0), landed.reduce((sum, amount) => sum + amount, 0))
    assert.equal(await balanceOf(wallet.db, 'wallet', userId), 0)
  }
})
