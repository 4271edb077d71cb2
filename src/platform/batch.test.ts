import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { batched, disjoint } from './batch.ts'
import { Refusal, UnknownOutcome } from './outcome.ts'

const sqlError = (code: string) => Object.assign(new pg.DatabaseError(`SQLSTATE ${code}`, 0, 'error'), { code })

test('what arrives together is one batch, what arrives meanwhile is the next', async () => {
  const sizes: number[] = []
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const double = batched(async (inputs: number[]) => {
    sizes.push(inputs.length)
    if (sizes.length === 1) await gate
    return inputs.map((input) => input * 2)
  })
  const first = [1, 2, 3].map(double)
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const second = [4, 5].map(double)
  release()
  assert.deepEqual(await Promise.all([...first, ...second]), [2, 4, 6, 8, 10])
  assert.deepEqual(sizes, [3, 2])
})

test('a poisoned item is isolated by halving; its neighbours are done', async () => {
  const applied = new Set<number>()
  const insert = batched(async (inputs: number[]) => {
    if (inputs.includes(13)) throw sqlError('22021')
    for (const input of inputs) applied.add(input)
    return inputs
  })
  const results = await Promise.allSettled(Array.from({ length: 64 }, (_, i) => insert(i)))
  assert.equal(results.filter((result) => result.status === 'rejected').length, 1)
  assert.equal(results[13]?.status, 'rejected')
  assert.equal(applied.size, 63)
})

test('a deadlock repeats the whole batch and nobody sees it', async () => {
  let tries = 0
  const insert = batched(async (inputs: number[]) => {
    if (++tries < 3) throw sqlError('40P01')
    return inputs
  })
  assert.deepEqual(await Promise.all([1, 2].map(insert)), [1, 2])
  assert.equal(tries, 3)
})

test('a lost connection is unknown for all, never a refusal', async () => {
  const insert = batched(async () => {
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  })
  for (const result of await Promise.allSettled([1, 2].map(insert)))
    assert.ok(result.status === 'rejected' && result.reason instanceof UnknownOutcome)
})

test('a full lane refuses the next item with overloaded and keeps the others', async () => {
  const slow = batched(async (inputs: number[]) => inputs, { queueMax: 2 })
  const results = await Promise.allSettled([1, 2, 3].map(slow))
  assert.deepEqual(results.map((result) => result.status), ['fulfilled', 'fulfilled', 'rejected'])
  assert.ok(results[2]?.status === 'rejected' && results[2].reason instanceof Refusal && results[2].reason.code === 'overloaded')
})

test('a slow lane does not block another', async () => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  const run = batched(async (inputs: string[]) => {
    if (inputs[0] === 'hot') await gate
    return inputs
  }, { lane: (input) => input })
  const hot = run('hot')
  assert.equal(await run('quiet'), 'quiet')
  release()
  assert.equal(await hot, 'hot')
})

test('disjoint keeps arrival order: whoever shares a key with an earlier one waits, also behind a waiter', () => {
  const [first, rest] = disjoint([[1, 2], [2, 3], [3, 4], [5]], (item) => item)
  assert.deepEqual(first, [[1, 2], [5]])
  assert.deepEqual(rest, [[2, 3], [3, 4]])
})

test('an answer missing from a batch is a bug and is named', async () => {
  const broken = batched(async () => [] as number[])
  await assert.rejects(broken(1), /0 answers for 1 inputs/)
})
