import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../platform/metrics.ts'
import { createProcessFigures } from './process-figures.ts'

test('what fans felt is of the last ten seconds: older answers do not count, and times are read out of their buckets', async () => {
  const metrics = createMetrics()
  let now = 0
  const figures = createProcessFigures({ metrics, lagMs: () => 12.4, now: () => now })
  const answer = (seconds: number, status = 201) => metrics.httpSeconds.observe('POST', '/api/shows/:id/holds', status, seconds)
  for (let i = 0; i < 50; i++) answer(4)
  await figures()
  now += 5_000
  for (let i = 0; i < 90; i++) answer(0.015)
  for (let i = 0; i < 10; i++) answer(0.3, 409)
  metrics.refusals.inc({ code: 'seat_taken' }, 10)
  metrics.databaseConnections.set({ state: 'total' }, 4)
  metrics.databaseConnections.set({ state: 'idle' }, 3)
  metrics.outboxWaiting.set({ producer: 'seat' }, 2)
  metrics.outboxWaiting.set({ producer: 'queue' }, 1)
  const { felt, refusals, loopLagMs, databaseConnections, outboxWaiting } = await figures()
  // 90 of 100 lie between 10 and 20 ms, so the 50th is at 15.6; the 95th is half way between 200 and 500 ms
  assert.deepEqual(felt.hold, { count: 100, p50Ms: 16, p95Ms: 350 })
  assert.deepEqual([felt.join, felt.pay], [{ count: 0, p50Ms: 0, p95Ms: 0 }, { count: 0, p50Ms: 0, p95Ms: 0 }])
  assert.deepEqual([refusals, loopLagMs, outboxWaiting], [[{ code: 'seat_taken', count: 10 }], 12, 3])
  assert.deepEqual(databaseConnections, { total: 4, idle: 3, waiting: 0 })
  now += 10_001
  assert.deepEqual((await figures()).felt.hold.count, 0)
})
