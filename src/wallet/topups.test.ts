import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { UnknownOutcome } from '../platform/outcome.ts'
import { walletLimits } from './api.ts'
import { errandLimits } from './errands.ts'
import type { Provider, ProviderRequest } from './provider.ts'
import { assertSound, balanceOf, openTestWallet, refusalOf, startWallet, type TestWallet, transferCount } from './testing.ts'

let wallet: TestWallet
before(async () => {
  wallet = await openTestWallet()
})
afterEach(() => assertSound(wallet.db))
after(() => wallet.close())

const topUp = (source?: string, amount = 500) => ({ topUpId: randomUUID(), userId: randomUUID(), amount, ...(source ? { source } : {}) })

const statusOf = async ({ topUpId, userId }: { topUpId: string; userId: string }) => (await wallet.api.topUpOf({ topUpId, userId })).status
const pendingOf = async (userId: string) => (await wallet.api.pendingTopUps({ userId })).topUps.map((pending) => pending.id)

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

async function chargeCount(ref: string) {
  return (await wallet.db.rows(sql`select 1 from wallet.sandbox_charges where ref = ${ref}`)).length
}

test('approve: the money is there with the answer, and the news says so', async () => {
  for (const source of [undefined, 'sandbox:approve']) {
    const input = topUp(source)
    assert.equal((await wallet.api.topUp(input)).status, 'done')
    assert.equal(await balanceOf(wallet.db, 'wallet', input.userId), 500)
    const data = { topUpId: input.topUpId, userId: input.userId, amount: 500 }
    assert.deepEqual(await eventsOf(input.topUpId), [{ name: 'wallet.topped_up', version: 1, data }])
  }
})

test('decline: nothing moves, and the same key stays declined', async () => {
  const input = topUp('sandbox:decline')
  assert.equal((await wallet.api.topUp(input)).status, 'declined')
  assert.equal((await wallet.start().api.topUp(input)).status, 'declined')
  await pass(60_000, 10_000)
  assert.equal(await transferCount(wallet.db, input.topUpId), 0)
  assert.deepEqual((await eventsOf(input.topUpId)).map((e) => e.name), ['wallet.top_up_declined'])
})

test('slow: pending until the provider answers after 3 s, then driven to done by the job', async () => {
  const input = topUp('sandbox:slow')
  assert.equal((await wallet.api.topUp(input)).status, 'pending')
  assert.deepEqual(await pendingOf(input.userId), [input.topUpId])
  await pass(2_999, 500)
  assert.equal(await statusOf(input), 'pending')
  assert.equal(await balanceOf(wallet.db, 'wallet', input.userId), 0)
  await pass(3_000)
  assert.equal(await statusOf(input), 'done')
  assert.equal(await balanceOf(wallet.db, 'wallet', input.userId), 500)
  assert.deepEqual(await pendingOf(input.userId), [])
})

test('lost: the charge happened and its answer was lost; it is found, not charged again', async () => {
  const input = topUp('sandbox:lost')
  assert.equal((await wallet.api.topUp(input)).status, 'pending')
  assert.equal(await chargeCount(input.topUpId), 1)
  await pass(2_000)
  assert.equal(await statusOf(input), 'done')
  assert.equal(await transferCount(wallet.db, input.topUpId), 1)
})

test('late: pending for minutes, then the money lands once', async () => {
  const input = topUp('sandbox:late')
  assert.equal((await wallet.api.topUp(input)).status, 'pending')
  await pass(119_000)
  assert.equal((await wallet.api.topUp(input)).status, 'pending')
  await pass(errandLimits.retryMaxMs)
  assert.equal((await wallet.api.topUp(input)).status, 'done')
  assert.equal(await balanceOf(wallet.db, 'wallet', input.userId), 500)
})

test('a repeat of what is due asks the provider itself: after an outage nobody is told an old answer', async () => {
  const input = topUp('sandbox:late')
  assert.equal((await wallet.api.topUp(input)).status, 'pending')
  wallet.clock.ms += 20 * 60_000
  const restarted = wallet.start()
  const answers = await Promise.all(Array.from({ length: 20 }, () => restarted.api.topUp({ ...input })))
  assert(answers.some((answer) => answer.status === 'done'))
  assert.equal((await restarted.api.topUp(input)).status, 'done')
  assert.equal(await transferCount(wallet.db, input.topUpId), 1)
})

test('200 parallel top-ups with one key, in two processes, are one charge and one transfer', async () => {
  const input = topUp()
  const other = wallet.start()
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? wallet : other).api.topUp({ ...input })))
  assert(answers.some((answer) => answer.status === 'done'))
  assert.equal(await transferCount(wallet.db, input.topUpId), 1)
  assert.equal((await wallet.api.topUp(input)).status, 'done')
  assert.equal((await eventsOf(input.topUpId)).length, 1)
})

test('the same key with another amount, source or user is a conflict', async () => {
  const input = topUp()
  await wallet.api.topUp(input)
  for (const changed of [{ amount: 1 }, { source: 'sandbox:late' }, { userId: randomUUID() }])
    assert.equal((await refusalOf(wallet.api.topUp({ ...input, ...changed }))).code, 'idempotency_conflict')
  assert.equal(await balanceOf(wallet.db, 'wallet', input.userId), 500)
})

test('a top-up has a limit, and so has what a wallet may hold', async () => {
  const { topUpMax, balanceMax } = walletLimits
  assert.equal((await refusalOf(wallet.api.topUp(topUp(undefined, topUpMax + 1)))).code, 'top_up_too_large')
  assert.equal((await wallet.api.topUp(topUp(undefined, topUpMax))).status, 'done')
  const rich = topUp(undefined, 10)
  for (let i = 0; i < balanceMax / 1e9; i += 100) // refunds are the only way to be this rich in a test
    await Promise.all(Array.from({ length: 100 }, () => wallet.api.refund({ cancellationId: randomUUID(), userId: rich.userId, showId: rich.userId, amount: 1e9 })))
  const refusal = await refusalOf(wallet.api.topUp(rich))
  assert.deepEqual([refusal.code, refusal.params], ['top_up_too_large', { max: 0 }])
})

test('another user\'s top-up or withdrawal is as unknown as none', async () => {
  const input = topUp()
  await wallet.api.topUp(input)
  const stranger = { userId: randomUUID() }
  const named = { topUpId: input.topUpId, userId: input.userId }
  assert.equal((await wallet.api.topUpOf(named)).status, 'done')
  assert.equal((await refusalOf(wallet.api.topUpOf({ ...named, ...stranger }))).code, 'top_up_not_found')
  assert.equal((await refusalOf(wallet.api.topUpOf({ ...named, topUpId: randomUUID() }))).code, 'top_up_not_found')
  assert.equal((await refusalOf(wallet.api.withdrawalOf({ withdrawalId: randomUUID(), ...stranger }))).code, 'withdrawal_unknown')
})

/** A process that dies at one point of its talk with the provider. */
const dies = (at: 'before' | 'after') => (sandbox: Provider): Provider => {
  const dying = (ask: (request: ProviderRequest) => Promise<unknown>) => async (request: ProviderRequest) => {
    if (at === 'after') await ask(request)
    throw new Error(`crash ${at} the provider was asked`)
  }
  return { ...sandbox, pay: dying(sandbox.pay), payOut: dying(sandbox.payOut) }
}

for (const at of ['before', 'after'] as const)
  test(`a crash ${at} the provider was asked: another process goes on, the money lands once`, async () => {
    const input = topUp()
    await assert.rejects(startWallet(wallet.db, wallet.clock, dies(at)).api.topUp(input), /crash/)
    assert.equal((await wallet.api.topUp(input)).status, 'pending')
    assert.equal(await chargeCount(input.topUpId), at === 'after' ? 1 : 0)
    await pass(errandLimits.claimMs)
    await pass(60_000, 20_000)
    assert.equal((await wallet.api.topUp(input)).status, 'done')
    assert.equal(await transferCount(wallet.db, input.topUpId), 1)
    assert.equal(await chargeCount(input.topUpId), 1)
  })

test('while one driver waits for the provider, nobody else asks, until its time is over', { timeout: 20_000 }, async () => {
  const asked: string[] = []
  const arrived = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const find = (sandbox: Provider) => async (ref: string) => {
    asked.push(ref)
    arrived.resolve()
    await gate.promise
    return sandbox.find(ref)
  }
  const slow = startWallet(wallet.db, wallet.clock, (sandbox) => ({ ...sandbox, find: find(sandbox) }))
  const input = topUp()
  await assert.rejects(startWallet(wallet.db, wallet.clock, dies('after')).api.topUp(input), /crash/)
  wallet.clock.ms += errandLimits.claimMs - 1
  await slow.runJobs()
  assert.deepEqual(asked, [])
  wallet.clock.ms += 1
  const first = slow.runJobs()
  await arrived.promise
  wallet.clock.ms += errandLimits.claimMs - 1
  await wallet.runJobs()
  assert.equal(await statusOf(input), 'pending')
  gate.resolve()
  await first
  assert.deepEqual([asked, await statusOf(input)], [[input.topUpId], 'done'])
})

test('a request whose answer came last shows what another driver settled', { timeout: 20_000 }, async () => {
  const arrived = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const pay = (sandbox: Provider) => async (request: ProviderRequest) => {
    const answer = await sandbox.pay(request)
    arrived.resolve()
    await gate.promise
    return answer
  }
  const slow = startWallet(wallet.db, wallet.clock, (sandbox) => ({ ...sandbox, pay: pay(sandbox) }))
  const input = topUp()
  const answer = slow.api.topUp(input)
  await arrived.promise
  await pass(errandLimits.claimMs)
  assert.equal(await statusOf(input), 'done')
  gate.resolve()
  assert.equal((await answer).status, 'done')
  assert.equal(await transferCount(wallet.db, input.topUpId), 1)
})

test('of equal top-ups in one batch only the first asks the provider', async () => {
  const asked: string[] = []
  const counting = (sandbox: Provider) => (request: ProviderRequest) => {
    asked.push(request.ref)
    return sandbox.pay(request)
  }
  const counted = startWallet(wallet.db, wallet.clock, (sandbox) => ({ ...sandbox, pay: counting(sandbox) }))
  const input = topUp()
  await Promise.all(Array.from({ length: 20 }, () => counted.api.topUp({ ...input })))
  assert.deepEqual(asked, [input.topUpId])
})

test('two drivers that both have the answer credit once', { timeout: 20_000 }, async () => {
  const input = topUp('sandbox:slow')
  await wallet.api.topUp(input)
  const arrived = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const find = (sandbox: Provider) => async (ref: string) => {
    const answer = await sandbox.find(ref)
    arrived.resolve()
    await gate.promise
    return answer
  }
  const stuck = startWallet(wallet.db, wallet.clock, (sandbox) => ({ ...sandbox, find: find(sandbox) }))
  wallet.clock.ms += 5_000
  const first = stuck.runJobs()
  await arrived.promise // it has its answer and is slow to write it down
  await pass(errandLimits.claimMs)
  assert.equal((await wallet.api.topUp(input)).status, 'done')
  gate.resolve()
  await first
  assert.equal(await transferCount(wallet.db, input.topUpId), 1)
  assert.equal((await eventsOf(input.topUpId)).length, 1)
})

test('a provider that is away keeps top-ups pending; they are asked for less and less often', async () => {
  let asked = 0
  const away = async () => {
    asked++
    throw new UnknownOutcome('no route to the bank')
  }
  const start = () => startWallet(wallet.db, wallet.clock, (sandbox) => ({ ...sandbox, name: 'away', pay: away, find: away }))
  const cut = start()
  const input = topUp()
  assert.equal((await cut.api.topUp(input)).status, 'pending')
  for (let i = 0; i < 240; i++) {
    wallet.clock.ms += 500
    await cut.runJobs()
  }
  assert(asked >= 7 && asked <= 10, `asked ${asked} times in two minutes`)
  assert.equal((await cut.api.topUpOf({ topUpId: input.topUpId, userId: input.userId })).status, 'pending')
})

test('one errand whose provider breaks does not hold up the others, and is reported', async () => {
  const bad = topUp('sandbox:slow')
  const good = topUp('sandbox:slow')
  const broken = (sandbox: Provider): Provider => ({
    ...sandbox,
    find: (ref) => (ref === bad.topUpId ? Promise.reject(new Error('a bug in the adapter')) : sandbox.find(ref)),
  })
  const odd = startWallet(wallet.db, wallet.clock, broken)
  await Promise.all([odd.api.topUp(bad), odd.api.topUp(good)])
  wallet.clock.ms += 4_000
  await assert.rejects(odd.runJobs(), AggregateError)
  assert.equal((await wallet.api.topUp(good)).status, 'done')
  await pass(errandLimits.claimMs)
  assert.equal((await wallet.api.topUp(bad)).status, 'done')
})
