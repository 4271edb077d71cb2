import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { World } from './faults.ts'
import { rage } from './nemesis.ts'

/** A system with one service, in which somebody always buys; its database does as it is told. */
function worldWith(rows: () => Promise<unknown[]>): World {
  let paid = 0
  return { random: () => 0, crowd: { paidCount: () => paid++ }, system: { services: { replicas: [{ name: 'seat', index: 0 }] }, rows } } as unknown as World
}
const rageOn = (world: World) => rage({ world, until: performance.now() + 200, kinds: ['events_delayed'], onHealed: async () => undefined, say: () => undefined })

test('a fault that could not be done is told apart from one that was: it proves nothing', async () => {
  const failed = await rageOn(worldWith(() => Promise.reject(new Error('relation "seat.outbox_leases" does not exist'))))
  assert.deepEqual([...new Set(failed.happened.map(({ kind, what, failed }) => `${kind} ${failed} ${what}`))], ['events_delayed true Error: relation "seat.outbox_leases" does not exist'])
  const done = await rageOn(worldWith(async () => []))
  assert.deepEqual([...new Set(done.happened.map(({ kind, failed }) => `${kind} ${failed}`))], ['events_delayed undefined'])
})
