import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../platform/metrics.ts'
import type { VerifyReport } from '../verify.ts'
import { createOperations } from './operations.ts'

test('whoever asks for a verification while one runs gets its answer; the next one is new', async () => {
  let started = 0
  const gate = Promise.withResolvers<void>()
  const report = (): VerifyReport => ({ checks: started, violations: [], errors: [] }) as unknown as VerifyReport
  const app = createOperations({ metrics: createMetrics(), ready: async () => [], verify: async () => {
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
