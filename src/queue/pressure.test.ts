import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { limitOf } from './gate.ts'
import { type Paced, paceStep, roomOf } from './pressure.ts'
import { readShows } from './store-lines.ts'
import { type Ground, lineRow, openGround, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 100 })
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})

const unpaced: Paced = { paceCap: null, paceReason: null, usualHoldMs: 20, usualPayMs: 100 }
const quiet = { holdP95Ms: 20, holdsShed: 0, payP95Ms: 100, lagMs: 0, seatsPerHold: 2 }
const limit = async (showId: string) => {
  const [show] = await readShows(ground.db, [showId])
  assert(show)
  return limitOf(show)
}
/** A second in which seat tells this and the queue takes its step. */
async function second(showId: string, told: Parameters<Ground['stock']>[1] = {}) {
  ground.clock.now += 1_000
  await ground.stock(showId, told)
  await ground.run('queue.pace')
}

test('pressed, the cap falls below who is in and goes on falling; the reason is the one that presses', () => {
  const slow = { cap: 300, live: 300, lagMs: 0, pressure: { ...quiet, payP95Ms: 1_000 } }
  const first = paceStep(unpaced, slow)
  assert.deepEqual([first.paceCap, first.paceReason], [180, 'payment'])
  assert.deepEqual([first.usualHoldMs, first.usualPayMs], [20, 100], 'what is slow is not what is usual')
  assert.equal(paceStep(first, slow).paceCap, 108)
  for (const pressure of [{ ...quiet, holdP95Ms: 300 }, { ...quiet, holdsShed: 1 }, { ...quiet, lagMs: 201 }])
    assert.equal(paceStep(unpaced, { ...slow, pressure }).paceReason, 'server')
  assert.equal(paceStep(unpaced, { ...slow, pressure: undefined, lagMs: 201 }).paceReason, 'server')
  assert.equal(paceStep({ ...unpaced, usualPayMs: 900 }, slow).paceCap, null, 'slow as ever is no pressure')
})

test('a cap that nobody can reach falls to who is in: an operator who opened it wide is protected, too', () => {
  assert.equal(paceStep(unpaced, { cap: 1_000_000, live: 500, lagMs: 0, pressure: { ...quiet, holdsShed: 9 } }).paceCap, 300)
})

test('unpressed it grows by equal steps until it binds nobody; any history keeps it within the cap and lets somebody through', () => {
  let paced: Paced = { ...unpaced, paceCap: 2, paceReason: 'payment' }
  const caps: (number | null)[] = []
  while (paced.paceCap !== null) {
    paced = paceStep(paced, { cap: 300, live: 10, lagMs: 0, pressure: quiet })
    caps.push(paced.paceCap)
  }
  assert.deepEqual(caps.slice(0, 3), [17, 32, 47])
  assert.equal(caps.length, 20)
  assert.equal(paced.paceReason, null)
  fc.assert(fc.property(fc.integer({ min: 0, max: 1_000 }), fc.array(fc.tuple(fc.nat(1_000), fc.boolean()), { maxLength: 40 }), (cap, history) => {
    let state = unpaced
    for (const [live, isSlow] of history) {
      state = paceStep(state, { cap, live, lagMs: isSlow ? 999 : 0, pressure: undefined })
      assert(state.paceCap === null || (state.paceCap <= cap && state.paceCap >= Math.min(2, cap)))
      assert.equal(state.paceCap === null, state.paceReason === null)
    }
  }))
})

test('the room of the seats: those who hold, and who would take the rest by what was taken so far', () => {
  const at = { available: 100, total: 100, taken: 0, seatsPerHold: 2, called: 0 }
  assert.equal(roomOf(at), 125)
  assert.equal(roomOf({ ...at, total: 400, taken: 60, called: 200 }), 30 + 84, 'a call took one and a half')
  assert.equal(roomOf({ ...at, available: 0, total: 400, taken: 60, called: 200 }), 30, 'only who holds')
  assert.equal(roomOf({ ...at, available: 0, taken: 0 }), 0)
  assert.equal(roomOf({ ...at, total: 101, called: 4_000 }), 500, 'whoever only looks does not open the door to everybody')
})

test('the shop gets ten times slower: within five seconds nobody is called, the reason is told, and it recovers', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 400)
  for (let i = 0; i < 5; i++) await second(showId, { payP95Ms: 150, holdP95Ms: 40 })
  assert.deepEqual(await limit(showId), { cap: 100, reason: null })
  const { admittedThrough: before } = await lineRow(ground.db, showId)
  assert.equal(before, 100)

  await second(showId, { payP95Ms: 1_500, holdP95Ms: 400 })
  assert.deepEqual(await limit(showId), { cap: 60, reason: 'payment' })
  for (const fan of fans.slice(0, 30)) await ground.queue.leave(fan)
  for (let i = 0; i < 4; i++) await second(showId, { payP95Ms: 1_500 })
  assert.equal((await lineRow(ground.db, showId)).admittedThrough, before, 'slots that became free are not given on')
  assert.equal((await ground.queue.frame({ showId })).reason, 'slowed: payment')

  const called: number[] = []
  for (let i = 0; i < 30; i++) {
    await second(showId, { payP95Ms: 160, holdP95Ms: 40 })
    called.push((await lineRow(ground.db, showId)).admittedThrough)
  }
  assert.equal(called.at(-1), before + 30, 'the free slots went on')
  assert(called.some((through) => through > before && through < before + 30), 'and not all at once')
  assert.deepEqual(await limit(showId), { cap: 100, reason: null })
})

test('a process that lags, and pressure nobody repeats, are judged by the job alone', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 10)
  ground.clock.lagMs = 500
  ground.clock.now += 1_000
  await ground.run('queue.pace')
  assert.equal((await limit(showId)).reason, 'server')
  ground.clock.lagMs = 0
  await second(showId, { holdsShed: 3 })
  const { cap } = await limit(showId)
  ground.clock.now += 3_000
  await ground.run('queue.pace')
  assert.equal((await limit(showId)).cap, cap + 5, 'three seconds later it is over')
  await ground.run('queue.pace')
  assert.equal((await limit(showId)).cap, cap + 5, 'a step a second, whoever asks')
})

test('no more are called than the seats left justify; a seat that comes back calls the next', async () => {
  const showId = await ground.publish()
  await ground.stock(showId, { available: 4, total: 4 })
  const fans = await ground.crowd(showId, 20)
  assert.equal((await lineRow(ground.db, showId)).live, 5)
  assert.deepEqual(await limit(showId), { cap: 5, reason: 'seats' })
  const [first] = fans as [Who]
  await ground.queue.pass(verified(first))
  // all four are held by two of them
  await ground.stock(showId, { available: 0, total: 4, taken: 4, state: 'all_held' })
  for (const fan of fans.slice(1, 5)) await ground.queue.leave(fan)
  await ground.run('queue.admit')
  assert.equal((await lineRow(ground.db, showId)).live, 2, 'only who may still be holding')
  await ground.queue.leave(first)
  await ground.settle()
  await ground.stock(showId, { available: 2, total: 4, taken: 2 })
  assert.equal((await lineRow(ground.db, showId)).live, 4, 'two seats came back')
})
