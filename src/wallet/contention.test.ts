import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import sql from 'sql-template-tag'
import { Refusal } from '../platform/outcome.ts'
import { assertSound, openTestWallet } from './testing.ts'

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

test('two processes, 40 % replays, debits, voids, refunds, top-ups and withdrawals mixed: sum 0, no answer flips', async (t) => {
  const wallet = await openTestWallet()
  t.after(wallet.close)
  const processes = [wallet, wallet.start()]
  const random = seeded(20_300_101)
  const pick = <T>(list: T[]): T => list[Math.floor(random() * list.length)] as T
  const users = Array.from({ length: 25 }, () => randomUUID())
  const shows = Array.from({ length: 3 }, () => randomUUID())
  await Promise.all(users.map((userId) => wallet.api.topUp({ topUpId: randomUUID(), userId, amount: 3_000 })))
  const debits: { paymentId: string; userId: string; showId: string; amount: number }[] = []
  const answers = new Map<string, Set<string>>()

  async function note(kind: string, ref: string, call: Promise<unknown>) {
    const answer = await call.then((value) => value, (error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      return [error.code, error.params]
    })
    const key = `${kind} ${ref}`
    answers.set(key, (answers.get(key) ?? new Set()).add(JSON.stringify(answer)))
  }

  for (let round = 0; round < 12; round++) {
    const calls: Promise<void>[] = []
    for (let i = 0; i < 150; i++) {
      const { api } = pick(processes)
      const chance = random()
      const old = debits.length > 0 && random() < 0.4
      const debit = old ? pick(debits) : { paymentId: randomUUID(), userId: pick(users), showId: pick(shows), amount: 1 + Math.floor(random() * 400) }
      if (!old) debits.push(debit)
      if (chance < 0.75) calls.push(note('debit', debit.paymentId, api.debit(debit)))
      else if (chance < 0.82) calls.push(note('void', debit.paymentId, api.void({ paymentId: debit.paymentId, userId: debit.userId })))
      else if (chance < 0.9) calls.push(note('refund', debit.paymentId, api.refund({ cancellationId: debit.paymentId, userId: debit.userId, showId: debit.showId, amount: debit.amount })))
      else if (chance < 0.95) calls.push(note('top-up', randomUUID(), api.topUp({ topUpId: randomUUID(), userId: debit.userId, amount: 100 })))
      else calls.push(note('withdraw', debit.paymentId, api.withdraw({ withdrawalId: debit.paymentId, userId: debit.userId, amount: 50 })).then(() => {}))
    }
    await Promise.all(calls)
    await assertSound(wallet.db)
  }

  const flipped = [...answers].filter(([key, seen]) => seen.size > 1 && !key.startsWith('withdraw'))
  assert.deepEqual(flipped, [])
  const [counts] = await wallet.db.rows<{ done: number; refused: number; voided: number }>(sql`
    select count(*) filter (where outcome = 'done') as done, count(*) filter (where outcome = 'void') as voided,
      count(*) filter (where outcome = 'balance_insufficient') as refused from wallet.decisions`)
  assert(counts && counts.done > 100 && counts.refused > 100 && counts.voided > 20, `too quiet to prove anything: ${JSON.stringify(counts)}`)
})
