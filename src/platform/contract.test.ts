import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Count, Exact, local, operation } from './contract.ts'
import type { Database } from './database.ts'
import { Refusal, refuse } from './outcome.ts'
import { openTestDatabase } from './testing.ts'

const operations = { double: operation({ input: Exact({ count: Count }), output: Exact({ count: Count }), refusals: ['count_odd'] }) }
const api = local('toy', operations, {
  double: async ({ count }) => (count === 7 ? refuse('never_declared') : count % 2 === 1 ? refuse('count_odd') : { count: count * 2 }),
})
let db: Database
before(async () => {
  db = await openTestDatabase([])
})
after(() => db.close())

test('a local call validates its input: unknown keys, wrong types and numbers beyond the column', async () => {
  assert.deepEqual(await api.double({ count: 2 }), { count: 4 })
  for (const bad of [{ count: '2' }, { count: 2, extra: 1 }, {}, { count: 2 ** 31 }, { count: -1 }, { count: 1.5 }])
    await assert.rejects(api.double(bad as { count: number }), (error) => error instanceof Refusal && error.code === 'request_invalid')
})

test('a declared refusal passes; an undeclared one is named as a bug', async () => {
  await assert.rejects(api.double({ count: 3 }), (error) => error instanceof Refusal && error.code === 'count_odd')
  await assert.rejects(api.double({ count: 7 }), /undeclared never_declared/)
})

test('a service called inside an open transaction throws instead of hanging', async () => {
  await assert.rejects(db.transaction(async () => api.double({ count: 2 })), /inside an open transaction/)
})
