import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { deliver } from '../platform/inbox.ts'
import { UnknownOutcome } from '../platform/outcome.ts'
import { assertSound, balanceOf, openTestWallet, refusalOf, startedAt, startWallet, type TestWallet, transferCount, userWith } from './testing.ts'

let wallet: TestWallet
before(async () => {
  wallet = await openTestWallet()
})
afterEach(() => assertSound(wallet.db))
after(() => wallet.close())

const payment = (userId: string, amount: number, showId: string = randomUUID()) => ({ paymentId: randomUUID(), userId, showId, amount })

test('a debit moves money from the wallet to the sales account of the show', async () => {
  const userId = await userWith(wallet.api, 1000)
  const debit = payment(userId, 300)
  assert.deepEqual(await wallet.api.debit(debit), { balance: 700 })
  assert.equal(await balanceOf(wallet.db, 'sales', debit.showId), 300)
  assert.deepEqual(await wallet.api.balance({ userId }), { balance: 700, currency: 'KRW' })
})

test('the last won can be spent, one more cannot, and the refusal names what is missing', async () => {
  const userId = await userWith(wallet.api, 100)
  const refusal = await refusalOf(wallet.api.debit(payment(userId, 101)))
  assert.equal(refusal.code, 'balance_insufficient')
  assert.deepEqual(refusal.params, { missing: 1 })
  assert.deepEqual(await wallet.api.debit(payment(userId, 100)), { balance: 0 })
})

test('who was never seen has a balance of 0, and a first payment is refused, not an error', async () => {
  assert.deepEqual(await wallet.api.balance({ userId: randomUUID() }), { balance: 0, currency: 'KRW' })
  assert.equal((await refusalOf(wallet.api.debit(payment(randomUUID(), 5)))).params.missing, 5)
})

test('E1: a retried debit whose reply was lost answers done, not balance_insufficient', async () => {
  const userId = await userWith(wallet.api, 100)
  const debit = payment(userId, 100)
  assert.deepEqual(await wallet.api.debit(debit), { balance: 0 })
  assert.deepEqual(await wallet.api.debit(debit), { balance: 0 })
  assert.deepEqual(await wallet.start().api.debit(debit), { balance: 0 })
  assert.equal(await transferCount(wallet.db, debit.paymentId), 1)
})

test('E2: 200 parallel debits of one ref, in two processes, are one transfer and one answer', async () => {
  const userId = await userWith(wallet.api, 100)
  const debit = payment(userId, 100)
  const other = wallet.start()
  const calls = Array.from({ length: 200 }, (_, i) => (i % 2 ? wallet : other).api.debit({ ...debit }))
  for (const answer of await Promise.all(calls)) assert.deepEqual(answer, { balance: 0 })
  assert.equal(await transferCount(wallet.db, debit.paymentId), 1)
  assert.equal(await balanceOf(wallet.db, 'sales', debit.showId), 100)
})

test('E3: a batch with the same user twice applies both debits, and the house gets the sum', async () => {
  const [first, second] = [await userWith(wallet.api, 1000), await userWith(wallet.api, 1000)]
  const showId = randomUUID()
  await Promise.all([
    wallet.api.debit(payment(first, 100, showId)),
    wallet.api.debit(payment(first, 150, showId)),
    wallet.api.debit(payment(second, 70, showId)),
  ])
  assert.equal(await balanceOf(wallet.db, 'wallet', first), 750)
  assert.equal(await balanceOf(wallet.db, 'wallet', second), 930)
  assert.equal(await balanceOf(wallet.db, 'sales', showId), 320)
})

test('a refused debit does not count against a later one of the same user in the same batch', async () => {
  const userId = await userWith(wallet.api, 100)
  const [dear, fair, more] = await Promise.allSettled([500, 100, 1].map((amount) => wallet.api.debit(payment(userId, amount))))
  assert.equal(dear?.status, 'rejected')
  assert.deepEqual(fair, { status: 'fulfilled', value: { balance: 0 } })
  assert.equal(more?.status, 'rejected')
})

test('refused stays refused after a top-up; a new payment succeeds', async () => {
  const userId = await userWith(wallet.api, 10)
  const debit = payment(userId, 30)
  assert.deepEqual((await refusalOf(wallet.api.debit(debit))).params, { missing: 20 })
  await wallet.api.topUp({ topUpId: randomUUID(), userId, amount: 1000 })
  assert.deepEqual((await refusalOf(wallet.api.debit(debit))).params, { missing: 20 })
  assert.deepEqual(await wallet.api.debit(payment(userId, 30)), { balance: 980 })
})

test('a ref with another amount, show or user is refused and changes nothing', async () => {
  const userId = await userWith(wallet.api, 1000)
  const debit = payment(userId, 100)
  await wallet.api.debit(debit)
  const stranger = await userWith(wallet.api, 1000)
  for (const changed of [{ amount: 1 }, { showId: randomUUID() }, { userId: stranger }])
    assert.equal((await refusalOf(wallet.api.debit({ ...debit, ...changed }))).code, 'idempotency_conflict')
  assert.equal((await refusalOf(wallet.api.void({ paymentId: debit.paymentId, userId: stranger }))).code, 'idempotency_conflict')
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 900)
})

test('one ref with two bodies in one batch: the first is decided, the second is a conflict', async () => {
  const userId = await userWith(wallet.api, 1000)
  const debit = payment(userId, 100)
  const [first, second] = await Promise.allSettled([wallet.api.debit(debit), wallet.api.debit({ ...debit, amount: 200 })])
  assert.deepEqual(first, { status: 'fulfilled', value: { balance: 900 } })
  assert.equal(second?.status, 'rejected')
})

test('a void before the debit is final: the debit never moves money', async () => {
  const userId = await userWith(wallet.api, 100)
  const debit = payment(userId, 100)
  const named = { paymentId: debit.paymentId, userId }
  assert.deepEqual(await wallet.api.void(named), { outcome: 'voided' })
  assert.equal((await refusalOf(wallet.api.debit(debit))).code, 'payment_voided')
  assert.deepEqual(await wallet.api.void(named), { outcome: 'voided' })
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 100)
})

test('a void after a done debit answers done; after a refused one, voided, and the refusal stays the answer', async () => {
  const userId = await userWith(wallet.api, 100)
  const [done, dear] = [payment(userId, 100), payment(userId, 100)]
  await wallet.api.debit(done)
  await refusalOf(wallet.api.debit(dear))
  assert.deepEqual(await wallet.api.void({ paymentId: done.paymentId, userId }), { outcome: 'done' })
  assert.deepEqual(await wallet.api.void({ paymentId: dear.paymentId, userId }), { outcome: 'voided' })
  assert.equal((await refusalOf(wallet.api.debit(dear))).code, 'balance_insufficient')
})

test('a debit and a void at the same instant agree', async () => {
  const other = wallet.start()
  for (let i = 0; i < 20; i++) {
    const userId = await userWith(wallet.api, 100)
    const debit = payment(userId, 100)
    const [debited, voided] = await Promise.allSettled([wallet.api.debit(debit), other.api.void({ paymentId: debit.paymentId, userId })])
    assert(voided.status === 'fulfilled')
    assert.equal(voided.value.outcome, debited.status === 'fulfilled' ? 'done' : 'voided')
  }
})

test('a poisoned neighbour is alone with its error; the others are paid', async () => {
  const users = await Promise.all(Array.from({ length: 9 }, () => userWith(wallet.api, 100)))
  const showId = randomUUID()
  const poison = { paymentId: 'not a uuid', userId: randomUUID(), showId, amount: 1 }
  const nul = { paymentId: randomUUID(), userId: 'a\0b', showId, amount: 1 }
  const { debit } = wallet.service.api // past the schema, as a fault of ours would be
  const answers = await Promise.allSettled([poison, nul, ...users.map((userId) => payment(userId, 40, showId))].map(debit))
  assert.deepEqual(answers.map((answer) => answer.status), ['rejected', 'rejected', ...users.map(() => 'fulfilled')])
  assert.equal(await balanceOf(wallet.db, 'sales', showId), 9 * 40)
})

test('a lost answer to commit is unknown, never a refusal', async () => {
  const broken = { ...wallet.db, transaction: () => Promise.reject(new UnknownOutcome('the answer to commit was lost')) }
  const answer = startWallet(broken, wallet.clock).api.debit(payment(randomUUID(), 1))
  await assert.rejects(answer, UnknownOutcome)
})

test('negative, zero, fractional, missing and unbounded amounts are refused at the door', async () => {
  const userId = await userWith(wallet.api, 100)
  for (const amount of [-1, 0, 0.5, null, undefined, Number.NaN, Number.POSITIVE_INFINITY, 1e308, 2 ** 53, '5']) {
    const odd = amount as number
    assert.equal((await refusalOf(wallet.api.debit(payment(userId, odd)))).code, 'request_invalid')
    assert.equal((await refusalOf(wallet.api.topUp({ topUpId: randomUUID(), userId, amount: odd }))).code, 'request_invalid')
    assert.equal((await refusalOf(wallet.api.withdraw({ withdrawalId: randomUUID(), userId, amount: odd }))).code, 'request_invalid')
    const refund = { cancellationId: randomUUID(), userId, showId: randomUUID(), amount: odd }
    assert.equal((await refusalOf(wallet.api.refund(refund))).code, 'request_invalid')
  }
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 100)
})

test('the database itself refuses a negative transfer and a wallet below zero', async () => {
  const userId = await userWith(wallet.api, 100)
  await assert.rejects(wallet.service.api.debit(payment(userId, -50)), /amount/)
  await assert.rejects(wallet.db.rows(sql`update wallet.accounts set balance = -1 where owner = ${userId}`), /wallet_not_below_zero/)
})

test('a refund lands once per cancellation, several per payment, the same user twice in a batch', async () => {
  const userId = await userWith(wallet.api, 500)
  const debit = payment(userId, 500)
  await wallet.api.debit(debit)
  const refund = (amount: number) => ({ cancellationId: randomUUID(), userId, showId: debit.showId, amount })
  const [one, two] = [refund(200), refund(100)]
  await Promise.all([one, two, one, { ...one }, two].map(wallet.api.refund))
  await wallet.start().api.refund(one)
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 300)
  assert.equal(await balanceOf(wallet.db, 'sales', debit.showId), 200)
  assert.equal((await refusalOf(wallet.api.refund({ ...one, amount: 1 }))).code, 'idempotency_conflict')
})

test('many dear seats may come to more than ₩1,000,000,000: they are debited and refunded like others', async () => {
  const userId = await userWith(wallet.api, 0)
  const showId = randomUUID()
  for (let n = 0; n < 3; n++) await wallet.api.refund({ cancellationId: randomUUID(), userId, showId, amount: 1_000_000_000 })
  assert.deepEqual(await wallet.api.debit(payment(userId, 2_500_000_000, showId)), { balance: 500_000_000 })
  await wallet.api.refund({ cancellationId: randomUUID(), userId, showId, amount: 2_500_000_000 })
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 3_000_000_000)
})

test('a sales account may go below zero: a refund never waits for sales', async () => {
  const userId = randomUUID()
  const showId = randomUUID()
  await wallet.api.refund({ cancellationId: randomUUID(), userId, showId, amount: 70 })
  assert.equal(await balanceOf(wallet.db, 'sales', showId), -70)
  assert.equal(await balanceOf(wallet.db, 'wallet', userId), 70)
})

const userEvent = (name: string, key: string, version: number) => ({ producer: 'user', name, key, version, occurredAt: startedAt, data: {} })
const subscriber = () => ({ name: 'wallet', on: wallet.service.on ?? {} })

test('a registered user has a wallet; hearing it again, or after first use, changes nothing', async () => {
  const users = [randomUUID(), randomUUID()]
  await userWith(wallet.api, 1)
  await wallet.api.balance({ userId: users[0] ?? '' })
  const events = users.map((userId) => userEvent('user.registered', userId, 1))
  assert.equal((await deliver(wallet.db, subscriber(), events)).size, 0)
  assert.equal((await deliver(wallet.db, subscriber(), events)).size, 0)
  const rows = await wallet.db.rows(sql`select 1 from wallet.accounts where owner = any(${users})`)
  assert.equal(rows.length, 2)
})

test('an erased user\'s account is closed: no top-up, no withdrawal, but refunds and late top-ups still land', async () => {
  const userId = await userWith(wallet.api, 100)
  const debit = payment(userId, 60)
  await wallet.api.debit(debit)
  const late = { topUpId: randomUUID(), userId, amount: 5, source: 'sandbox:slow' }
  assert.equal((await wallet.api.topUp(late)).status, 'pending')
  await deliver(wallet.db, subscriber(), [userEvent('user.erased', userId, 2)])
  assert.equal((await refusalOf(wallet.api.topUp({ topUpId: randomUUID(), userId, amount: 1 }))).code, 'account_closed')
  assert.equal((await refusalOf(wallet.api.withdraw({ withdrawalId: randomUUID(), userId, amount: 1 }))).code, 'account_closed')
  await wallet.api.refund({ cancellationId: randomUUID(), userId, showId: debit.showId, amount: 60 })
  wallet.clock.ms += 4_000
  await wallet.runJobs()
  assert.equal((await wallet.api.topUp(late)).status, 'done')
  const { entries } = await wallet.api.entries({ userId, limit: 10 })
  assert.deepEqual(entries.flatMap((e) => (e.kind === 'refund' || e.kind === 'top_up' ? [e.amount] : [])), [5, 60, 100])
})

test('an erasure heard before first use closes the account that first use would have made', async () => {
  const userId = randomUUID()
  await deliver(wallet.db, subscriber(), [userEvent('user.erased', userId, 1)])
  assert.equal((await refusalOf(wallet.api.topUp({ topUpId: randomUUID(), userId, amount: 1 }))).code, 'account_closed')
})

test('entries are newest first, signed, with the balance after each, and page by id', async () => {
  const userId = await userWith(wallet.api, 1000)
  const debit = payment(userId, 300)
  await wallet.api.debit(debit)
  await wallet.api.refund({ cancellationId: randomUUID(), userId, showId: debit.showId, amount: 100 })
  await userWith(wallet.api, 5)
  const { entries } = await wallet.api.entries({ userId, limit: 10 })
  assert.deepEqual(entries.map((e) => [e.kind, e.amount, e.balance]), [['refund', 100, 800], ['payment', -300, 700], ['top_up', 1000, 1000]])
  const older = await wallet.api.entries({ userId, limit: 1, before: entries[0]?.id ?? 0 })
  assert.deepEqual(older.entries, entries.slice(1, 2))
  assert.deepEqual(await wallet.api.entries({ userId: randomUUID(), limit: 10 }), { entries: [] })
})
