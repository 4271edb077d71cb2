import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { assertSound, assertWhole, type Ground, openGround } from './testing.ts'

const minute = 60_000
let ground: Ground
before(async () => {
  ground = await openGround()
})
beforeEach(() => {
  ground.border.world.bank = 'pending'
})
after(async () => {
  await assertSound(ground)
  await ground.close()
})

/** A payment that waits for its bank, and the show it is for. */
async function waiting() {
  const who = ground.buyer(0)
  const showId = ground.border.reservations.get(who.reservationId)?.showId ?? ''
  const { id: paymentId, until } = await ground.api.pay({ paymentId: randomUUID(), ...who, topUp: 100_000 })
  assert(until !== null)
  const read = () => ground.api.get({ paymentId, userId: who.userId })
  return { who, showId, paymentId, until, read }
}

/** Time in which everybody beats and every job runs. */
async function pass(ms: number) {
  await ground.beatTo(ground.clock.ms + ms)
  await ground.runJobs()
}

test('while a show is paused no wait for a bank runs out; resumed, it has the pause back', async () => {
  const { who, showId, until, read } = await waiting()
  await pass(4 * minute)
  await ground.hearShow('show.paused', showId)
  await pass(20 * minute)
  assert.deepEqual([(await read()).status, (await read()).until], ['pending', until], 'the clock stands still')
  await assertSound(ground)
  await ground.hearShow('show.resumed', showId, { pausedMs: 20 * minute })
  assert.equal((await read()).until, until + 20 * minute)
  await pass(5 * minute)
  assert.equal((await read()).status, 'pending')
  await pass(minute + 6_000)
  assert.equal((await read()).refusal, 'top_up_unknown')
  assertWhole(ground, await read(), who.userId, 0)
})

test('what would have run out right after a pause has a minute, and the money that comes in it pays', async () => {
  const { who, showId, until, read, paymentId } = await waiting()
  await pass(until - ground.clock.ms - 1_000)
  await ground.hearShow('show.paused', showId)
  await pass(2_000)
  await ground.hearShow('show.resumed', showId, { pausedMs: 2_000 })
  assert.equal((await read()).until, ground.clock.ms + minute)
  ground.border.world.bank = 'done'
  const paid = await ground.finish({ paymentId, userId: who.userId })
  assert.equal(paid.status, 'completed')
  assertWhole(ground, paid, who.userId, 0)
})

test('the pause of one show stops no clock of another, and a show that is cancelled in its pause is not waited for forever', async () => {
  const paused = await waiting()
  const other = await waiting()
  await ground.hearShow('show.paused', paused.showId)
  await pass(11 * minute)
  assert.deepEqual([(await paused.read()).status, (await other.read()).refusal], ['pending', 'top_up_unknown'])
  await ground.hearShow('show.cancelled', paused.showId, { reason: 'storm' })
  assert.equal((await paused.read()).until, paused.until + 11 * minute)
  await pass(11 * minute)
  assert.equal((await paused.read()).refusal, 'top_up_unknown')
  assertWhole(ground, await paused.read(), paused.who.userId, 0)
})
