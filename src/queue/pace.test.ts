import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Ground, openGround, someone, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 3 })
})
after(() => ground.close())

test('who comes in at the opening is no pace: the next one waits for somebody to leave', async () => {
  const showId = await ground.publish([{ opensAt: ground.clock.now + 10_000 }])
  const me = someone(showId)
  await ground.queue.frame({ showId })
  ground.clock.now += 10_000
  await ground.crowd(showId, 32)
  const passes = (await ground.queue.join(me)).place
  assert.equal(passes.etaSeconds, (30 / 3) * 600, 'a cap of full passes')
  ground.clock.now += 6_000
  assert.equal((await ground.queue.position(me)).etaSeconds, passes.etaSeconds, 'three were called in these seconds, into slots nobody had')
})

test('slots that are free wait for the operator’s rate alone, and nobody is promised more than it', async () => {
  const showId = await ground.publish()
  await ground.queue.control({ showId, by: randomUUID(), cap: 50, ratePerMinute: 60 })
  const fans = await ground.crowd(showId, 200)
  const seconds = async (n: number) => (await ground.queue.position(fans[n] as Who)).etaSeconds ?? 0
  const { position } = await ground.queue.position(fans[20] as Who)
  assert.equal(await seconds(20), (position ?? 0) + 1, 'one a second')
  assert.ok((await seconds(199)) >= 150 / (50 / 600), `${await seconds(199)} s for who waits for others to leave`)
  await ground.queue.control({ showId, by: randomUUID(), cap: 50_000, ratePerMinute: 60 })
  assert.equal((await ground.queue.frame({ showId })).rate, 1)
})

test('slots that a later window takes over from an earlier one are no new ones', async () => {
  const showId = await ground.publish([{ closesAt: ground.clock.now + 60_000 }, { opensAt: ground.clock.now + 60_000 }])
  const first = await ground.crowd(showId, 3)
  ground.clock.now += 60_000
  await ground.run('queue.phases')
  await ground.crowd(showId, 20)
  await ground.queue.frame({ showId })
  ground.clock.now += 6_000
  for (const fan of first) await ground.queue.leave(fan)
  assert.equal((await ground.queue.frame({ showId })).rate, 0.045, 'three in sixty-six seconds')
})
