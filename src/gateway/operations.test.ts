import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../platform/metrics.ts'
import type { VerifyReport } from '../verify.ts'
import { createOperations } from './operations.ts'

const parked = { list: async () => ({ count: 0, parked: [] }), replay: async () => ({ applied: [], failed: [] }) }

test('whoever asks for a verification while one runs gets its answer; the next one is new', async () => {
  let started = 0
  const gate = Promise.withResolvers<void>()
  const report = (): VerifyReport => ({ checks: started, violations: [], errors: [] }) as unknown as VerifyReport
  const app = createOperations({ metrics: createMetrics(), ready: async () => [], parked, verify: async () => {
    started++
    await gate.promise
    return report()
  } })
  await app.ready()
  const crowd = Array.from({ length: 20 }, () => app.inject({ method: 'POST', url: '/verify' }))
  while (started === 0) await new Promise((resolve) => setImmediate(resolve))
  gate.resolve()
  assert.deepEqual([...new Set((await Promise.all(crowd)).map(({ statusCode }) => statusCode))], [200])
  assert.equal(started, 1)
  await app.inject({ method: 'POST', url: '/verify' })
  assert.equal(started, 2)
  await app.close()
})

test('a replay with a misspelt choice is refused instead of replaying everything', async () => {
  const asked: unknown[] = []
  const replay = async (which: object) => {
    asked.push(which)
    return { applied: [], failed: [] }
  }
  const app = createOperations({ metrics: createMetrics(), ready: async () => [], verify: async () => ({}) as VerifyReport, parked: { ...parked, replay } })
  const post = async (payload: object) => (await app.inject({ method: 'POST', url: '/parked/replay', payload })).statusCode
  assert.deepEqual([await post({ subscribr: 'payment' }), await post({ key: 7 }), await post({ key: 'k' }), await post({})], [400, 400, 200, 200])
  assert.deepEqual(asked, [{ key: 'k' }, {}])
  await app.close()
})
