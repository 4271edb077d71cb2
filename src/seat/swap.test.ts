import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { extendMany, releaseMany, reserveMany } from './hold.ts'
import { pinMany } from './pin.ts'
import { endPassMany } from './quota.ts'
import { codeOf, granted, hallPlan, type HoldGround, openHoldGround, paramsOf } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})
const publish = (max = 4) => ground.publish(hallPlan, { ticketsPerUserMax: max })
const endedOf = async (reservationId: string) => (await ground.events('seat.hold_ended')).filter((data) => data.reservationId === reservationId)
async function reserve(userId: string, ...holdIds: string[]) {
  const reservationId = randomUUID()
  const [answer] = await reserveMany(ground, [{ reservationId, userId, holdIds }])
  assert.equal(codeOf(answer), 'done')
  return reservationId
}

test('a swap keeps what is wanted again, frees the rest and inherits deadline, beginning and extensions', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1, 2], { userId })
  await extendMany(ground, [{ userId, holdId: old.id }])
  const before = await ground.row(old.id)
  ground.clock.now += 1_000
  const hold = await ground.held(showId, [2, 3], { userId, replaces: old.id })
  assert.deepEqual((await ground.statuses(showId)).slice(0, 4), [0, 1, 1, 0])
  const { until, heldAt, extensions } = await ground.row(hold.id)
  assert.deepEqual([until, heldAt, extensions], [before.until, before.heldAt, 1])
  assert.equal((await ground.row(old.id)).endedReason, 'swapped')
  assert.equal((await ground.quotaOf(showId, userId))?.seats, 2)
  await ground.assertPictured(showId)
})

test('a swap at the limit changes the quota by the difference only', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1, 2, 3, 4], { userId })
  const hold = await ground.held(showId, [11, 12, 13, 14], { userId, replaces: old.id })
  const smaller = await ground.held(showId, [11], { userId, replaces: hold.id })
  assert.equal((await ground.quotaOf(showId, userId))?.seats, 1)
  const [more, again] = await ground.many([
    ground.wish(showId, [20, 21, 22, 23], { userId }), ground.wish(showId, [12], { userId, replaces: smaller.id }),
  ])
  assert.deepEqual([more, again].map(codeOf), ['quota_exceeded', 'done'])
})

test('no more seats than replaced need no pass, more seats do, with its floor and sections', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1, 2], { userId })
  await endPassMany(ground, [{ showId, userId, passNo: 5 }])
  const bare = (seatIds: number[], replaces: string) => {
    const { pass: _, ...input } = ground.wish(showId, seatIds, { userId, replaces })
    return input
  }
  assert.equal(codeOf((await ground.many([bare([1, 2, 3], old.id)]))[0]), 'pass_required')
  assert.equal(codeOf(await ground.take(showId, [1, 2, 3], { userId, replaces: old.id })), 'pass_ended')
  const narrow = ground.passFor(userId, showId, { passNo: 6, sections: ['B'] })
  assert.equal(codeOf(await ground.take(showId, [1, 2, 3], { userId, replaces: old.id, pass: narrow })), 'section_not_in_window')
  const hold = granted((await ground.many([bare([5, 6], old.id)]))[0])
  const wide = ground.passFor(userId, showId, { passNo: 6 })
  assert.equal((await ground.held(showId, [5, 6, 7], { userId, replaces: hold.id, pass: wide })).seatIds.length, 3)
})

test('a swap without a pass stays in the sections that the hold was made with', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [61], { userId, pass: ground.passFor(userId, showId, { sections: ['B'] }) })
  const swap = (seatId: number, replaces: string) => {
    const { pass: _, ...input } = ground.wish(showId, [seatId], { userId, replaces })
    return ground.many([input])
  }
  assert.equal(codeOf((await swap(1, old.id))[0]), 'section_not_in_window')
  const within = granted((await swap(62, old.id))[0])
  assert.equal(codeOf((await swap(1, within.id))[0]), 'section_not_in_window')
})

test('one taken seat leaves everything as it was', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1, 2], { userId })
  await ground.held(showId, [3])
  const answer = await ground.take(showId, [2, 3], { userId, replaces: old.id })
  assert.deepEqual([codeOf(answer), paramsOf(answer)?.taken], ['seat_taken', [3]])
  assert.equal((await ground.row(old.id)).endedReason, null)
  assert.deepEqual((await ground.statuses(showId)).slice(0, 3), [1, 1, 1])
})

test('a swap for seats of another own hold is hold_exists; for exactly its own seats it stays', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [one, two] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  assert.deepEqual(paramsOf(await ground.take(showId, [2], { userId, replaces: one.id })), { holdId: two.id })
  assert.deepEqual(await ground.held(showId, [1], { userId, replaces: one.id }), one)
})

test('a bound hold is swapped with all that are bound to it: their reservation ends once, swapped', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const [one, two] = [await ground.held(showId, [1], { userId }), await ground.held(showId, [2], { userId })]
  const reservationId = await reserve(userId, one.id, two.id)
  const hold = await ground.held(showId, [2, 3], { userId, replaces: one.id })
  assert.equal(hold.reservationId, null)
  assert.deepEqual((await ground.statuses(showId)).slice(0, 4), [0, 1, 1, 0])
  assert.deepEqual(await endedOf(reservationId), [{ reservationId, userId, showId, reason: 'swapped' }])
  for (const { id } of [one, two]) assert.equal((await ground.row(id)).endedReason, 'swapped')
})

test('a pinned hold is not swapped', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [1], { userId })
  const reservationId = await reserve(userId, hold.id)
  await pinMany(ground, [{ paymentId: randomUUID(), reservationId, userId }])
  assert.equal(codeOf(await ground.take(showId, [2], { userId, replaces: hold.id })), 'payment_in_progress')
  assert.equal(codeOf(await ground.take(showId, [1, 2], { userId, replaces: hold.id })), 'payment_in_progress')
})

test('unknown, foreign and ended holds are not replaced; a repeated swap gives the same hold', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const mine = await ground.held(showId, [1], { userId })
  const foreign = await ground.held(showId, [2])
  for (const replaces of [randomUUID(), foreign.id]) assert.equal(codeOf(await ground.take(showId, [3], { userId, replaces })), 'hold_unknown')
  const input = ground.wish(showId, [3], { userId, replaces: mine.id })
  const first = granted((await ground.many([input]))[0])
  assert.deepEqual((await ground.many([input, { ...input }])), [first, first])
  assert.equal(codeOf(await ground.take(showId, [4], { userId, replaces: mine.id })), 'hold_ended')
  await releaseMany(ground, [{ userId, holdId: first.id }])
  assert.equal(codeOf((await ground.many([input]))[0]), 'hold_ended')
})

test('two swap crosswise in one batch: the freed seat is there for who comes next', async () => {
  const showId = await publish()
  const [a, b] = [randomUUID(), randomUUID()]
  const [first, second] = [await ground.held(showId, [1], { userId: a }), await ground.held(showId, [2], { userId: b })]
  const answers = await ground.many([ground.wish(showId, [3], { userId: a, replaces: first.id }), ground.wish(showId, [4], { userId: b, replaces: second.id }), ground.wish(showId, [1])])
  assert.deepEqual(answers.slice(0, 2).map(codeOf), ['done', 'done'])
  await ground.assertPictured(showId)
})

test('a swap that loses the race falls back to the nearest equal seats', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1], { userId })
  await ground.held(showId, [10])
  const hold = granted(await ground.take(showId, [10], { userId, replaces: old.id, fallback: 'nearest' }))
  assert.deepEqual([hold.seatIds, hold.fellBack, hold.until], [[9], true, old.until])
  assert.equal((await ground.row(old.id)).endedReason, 'swapped')
})

test('freed seats are returned where somebody watches, and the waitlist is told', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const old = await ground.held(showId, [1, 2], { userId })
  await ground.db.rows(sql`update seat.shows set watch_count = 1 where show_id = ${showId}`)
  await ground.held(showId, [2], { userId, replaces: old.id })
  assert.deepEqual((await ground.statuses(showId)).slice(0, 2), [4, 1])
  assert.deepEqual((await ground.events('seat.returned')).at(-1), { showId, seatIds: [1] })
})
