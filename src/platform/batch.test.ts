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

const ticks = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

test('a second batch flies beside the first when it is full and shares nothing with it; no one is overtaken by a rival', async () => {
  const flights: { inputs: string[]; land: () => void }[] = []
  const take = batched((inputs: string[]) => new Promise<string[]>((resolve) => flights.push({ inputs, land: () => resolve(inputs) })), {
    sizeMax: 2, apart: (input) => [...input],
  })
  const all = [take('a'), take('b')]
  await ticks()
  all.push(...['ac', 'd', 'c', 'e'].map(take)) // ac waits for a, and c for ac; d and e are free
  await ticks()
  assert.deepEqual(flights.map(({ inputs }) => inputs), [['a', 'b'], ['d', 'e']])
  all.push(take('f'), take('g'))
  await ticks()
  assert.equal(flights.length, 2, 'two at a time')
  flights[0]?.land()
  await ticks()
  assert.deepEqual(flights[2]?.inputs, ['ac', 'c'], 'within one batch the handler decides the order')
  for (let i = 1; i < 4; i++) {
    flights[i]?.land()
    await ticks()
  }
  assert.deepEqual(flights[3]?.inputs, ['f', 'g'])
  assert.deepEqual((await Promise.all(all)).length, 8)
})

test('an input that needs everything flies alone', async () => {
  const flights: { inputs: string[]; land: () => void }[] = []
  const take = batched((inputs: string[]) => new Promise<string[]>((resolve) => flights.push({ inputs, land: () => resolve(inputs) })), {
    sizeMax: 1, apart: (input) => (input === '*' ? undefined : [input]),
  })
  const all = ['a', '*', 'b', 'c'].map(take)
  await ticks()
  assert.deepEqual(flights.map(({ inputs }) => inputs), [['a']], 'nobody passes it, and it waits for who flies')
  flights[0]?.land()
  await ticks()
  assert.deepEqual(flights.map(({ inputs }) => inputs), [['a'], ['*']])
  flights[1]?.land()
  await ticks()
  assert.deepEqual(flights.map(({ inputs }) => inputs), [['a'], ['*'], ['b'], ['c']])
  for (const { land } of flights) land()
  assert.deepEqual(await Promise.all(all), ['a', '*', 'b', 'c'])
})

test('a lane that was asked to launch and found empty does not take the next one with it', async () => {
  const flights: { inputs: string[]; land: () => void }[] = []
  let isInstant = false
  const take = batched((inputs: string[]) => isInstant ? Promise.resolve(inputs) : new Promise<string[]>((resolve) => flights.push({ inputs, land: () => resolve(inputs) })), {
    sizeMax: 1, apart: (input) => [input],
  })
  const all = [take('a')]
  await ticks()
  isInstant = true
  all.push(take('b')) // full: asks to launch in the next turn, but the first batch ends before
  flights[0]?.land()
  for (let i = 0; i < 50; i++) await undefined // both are decided now, and the launch that was asked for is still to come
  isInstant = false
  all.push(take('c'))
  await ticks()
  all.push(take('c'))
  await ticks()
  assert.deepEqual(flights.map(({ inputs }) => inputs), [['a'], ['c']], 'the second c waits for the first')
  flights[1]?.land()
  await ticks()
  flights[2]?.land()
  await Promise.all(all)
})
