import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { beat } from './store-clock.ts'
import { codeOf, type Ground, minute, openGround, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
  await beat(ground.db, ground.clock.now)
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})

/** Somebody inside a window that has closed: the pass may be used until it ends, and then no more. */
async function lastInside(): Promise<{ who: Who; until: number }> {
  const showId = await ground.publish([{ closesAt: ground.clock.now + minute }])
  const [who] = (await ground.crowd(showId, 1)) as [Who]
  const { expiresAt } = await ground.queue.pass(verified(who))
  await ground.pass(minute + 500)
  await ground.run('queue.phases')
  await ground.pass(expiresAt - ground.clock.now - 1_000)
  return { who, until: expiresAt }
}

test('after a restart passes that ran out meanwhile are lifted before anybody is served', async () => {
  const { who } = await lastInside()
  ground.clock.now += 10 * minute
  await ground.service.recover?.()
  assert.equal((await ground.queue.position(who)).until, ground.clock.now + minute)
  assert.equal((await ground.queue.pass(verified(who))).expiresAt, ground.clock.now + minute)
})

test('a process that starts without an outage behind it changes no deadline', async () => {
  const { who, until } = await lastInside()
  await ground.service.recover?.()
  assert.equal((await ground.queue.position(who)).until, until)
})

test('who renews before the sweep has noticed the outage gets the minute that the sweep gives', async () => {
  const { who } = await lastInside()
  ground.clock.now += 10 * minute
  assert.equal((await ground.queue.pass(verified(who))).expiresAt, ground.clock.now + minute)
  await ground.run('queue.sweep')
  assert.equal((await ground.queue.position(who)).until, ground.clock.now + minute)
})

test('what had run out before the last beat is over', async () => {
  const { who, until } = await lastInside()
  ground.clock.now = until + 100
  await beat(ground.db, ground.clock.now)
  ground.clock.now += 10 * minute
  assert.equal(await codeOf(ground.queue.pass(verified(who))), 'place_ended')
  await ground.pass(minute)
})

test('a pass of a closed window that runs out in a pause is not lost by asking for it', async () => {
  const { who, until } = await lastInside()
  await ground.hear('show.paused', who.showId)
  await ground.pass(minute)
  assert.equal(await codeOf(ground.queue.pass(verified(who))), 'line_paused')
  await ground.hear('show.resumed', who.showId, { pausedMs: minute })
  assert.equal((await ground.queue.pass(verified(who))).expiresAt, Math.max(until + minute, ground.clock.now + minute))
})
