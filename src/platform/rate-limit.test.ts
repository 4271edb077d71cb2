import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rateLimitContract } from './rate-limit.contract.ts'
import { createMemoryRateLimit } from './rate-limit.ts'

rateLimitContract('memory', (budgets) => createMemoryRateLimit(budgets))

const now = Date.parse('2027-03-01T11:00:00Z')

test('a million addresses take no more memory than the table has room for', () => {
  const limit = createMemoryRateLimit({ few: { perSecond: 1, burst: 1 } }, 1_000)
  for (let i = 0; i < 1_000_000; i++) limit.take('few', `address ${i}`, now)
  assert.equal(limit.size(), 1_000)
})

test('a crowd of other addresses does not make the table forget who keeps knocking', () => {
  const limit = createMemoryRateLimit({ few: { perSecond: 1, burst: 1 } }, 1_000)
  assert.equal(limit.take('few', 'knocker', now), 0)
  for (let i = 0; i < 10_000; i++) {
    limit.take('few', `address ${i}`, now)
    if (i % 500 === 0) assert.ok(Number(limit.take('few', 'knocker', now)) > 0, `after ${i} others`)
  }
})
