import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveContract } from './live.contract.ts'
import { createMemoryLive } from './live.ts'

liveContract('memory', createMemoryLive)

test('memory: a channel nobody listens to any more is forgotten', () => {
  const live = createMemoryLive()
  const stops = ['a', 'a', 'b'].map((channel) => live.subscribe(channel, () => undefined))
  assert.deepEqual(live.channels(), ['a', 'b'])
  for (const stop of stops) stop()
  assert.deepEqual(live.channels(), [])
})
