import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { createPictures } from './picture.ts'
import { holdMany, holdOf, holdsOf, releaseMany } from './hold.ts'
import { endPassMany } from './quota.ts'
import { createSeat } from './service.ts'
import { codeOf, firstSeatOf, granted, hallPlan, type HoldGround, openHoldGround, paramsOf } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})
const publish = (max = 4) => ground.publish(hallPlan, { ticketsPerUserMax: max })

test('a hold has all its seats, a deadline and the places it names; the picture follows', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [2, 1], { userId })
  assert.deepEqual(hold.seatIds, [1, 2])
  assert.deepEqual(hold.seats[0], { seatId: 1, section: 'A', row: '1', number: '1', grade: 'R', kind: 'seated' })
  assert.equal(hold.until, ground.now() + 300_000)
  assert.deepEqual([hold.extensionsLeft, hold.reservationId, hold.fellBack], [10, null, false])
  assert.deepEqual((await ground.statuses(showId)).slice(0, 3), [1, 1, 0])
  assert.deepEqual(await ground.quotaOf(showId, userId), { seats: 2, last: 1 })
  await ground.assertPictured(showId)
  assert.deepEqual(await holdOf(ground, { userId, holdId: hold.id }), hold)
  assert.deepEqual(await holdsOf(ground, { userId }), { holds: [hold] })
  assert.deepEqual(await holdsOf(ground, { userId, showId: randomUUID() }), { holds: [] })
})

test('a batch with one bump: the version counts transactions, not holds', async () => {
  const showId = await publish()
  const { version } = await ground.pictures.of(showId)
  await ground.many([1, 2, 3].map((id) => ground.wish(showId, [id])))
  assert.equal((await ground.pictures.of(showId)).version, version + 1)
})

test('two buyers want the same seat: one gets it, the other is told it is taken, with others to choose', async () => {
  const showId = await publish()
  const [first, second] = await ground.many([ground.wish(showId, [30]), ground.wish(showId, [30])])
  assert.equal(codeOf(first), 'done')
  assert.equal(codeOf(second), 'seat_taken')
  assert.deepEqual(paramsOf(second), { taken: [30], alternatives: [[29], [31], [28]] })
})

test('holds that were not all possible make the next ones go one by one for five seconds: nobody pays twice for long', async () => {
  const showId = await publish()
  let statements: string[] = []
  const db: typeof ground.db = { ...ground.db, rows: (query) => {
    statements.push(query.text.includes('seat.must') ? (query.text.includes('locked as') ? 'one by one' : 'all') : 'other')
    return ground.db.rows(query)
  } }
  const env = { ...ground, db, pictures: createPictures(ground.db) }
  await env.pictures.of(showId)
  const spent = async (...inputs: Parameters<typeof holdMany>[1]) => {
    statements = []
    const answers = await holdMany(env, inputs)
    return [statements.filter((each) => each !== 'other'), answers.map(codeOf)]
  }
  assert.deepEqual(await spent(ground.wish(showId, [1])), [['all'], ['done']])
  await ground.held(showId, [2]) // its copy does not know
  assert.deepEqual(await spent(ground.wish(showId, [2]), ground.wish(showId, [3])), [['all', 'one by one'], ['seat_taken', 'done']])
  assert.deepEqual(await spent(ground.wish(showId, [4])), [['one by one'], ['done']])
  ground.clock.now += 5_000
  assert.deepEqual(await spent(ground.wish(showId, [5])), [['all'], ['done']])
})

test('a thousand parallel wishes for one seat: one hold, 999 refusals, in a few statements', async () => {
  const showId = await publish()
  let statements = 0
  const db: typeof ground.db = {
    ...ground.db,
    rows: (query) => {
      statements++
      return ground.db.rows(query)
    },
    transaction: (work) => {
      statements++
      return ground.db.transaction(work)
    },
  }
  const { api } = createSeat({ ...ground, db })
  const wishes = Array.from({ length: 1_000 }, () => ground.wish(showId, [7]))
  const answers = await Promise.allSettled(wishes.map((input) => api.hold(input as Parameters<typeof api.hold>[0])))
  assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1)
  assert.equal(answers.filter((answer) => answer.status === 'rejected' && codeOf(answer.reason) === 'seat_taken').length, 999)
  assert.equal(await ground.holdsIn(showId), 1)
  assert.ok(statements < 30, `${statements} statements`)
})

test('four seats of which one is taken: none is held, and the taken one is named', async () => {
  const showId = await publish()
  await ground.held(showId, [3])
  const userId = randomUUID()
  const answer = await ground.take(showId, [1, 2, 3, 4], { userId })
  assert.deepEqual([codeOf(answer), paramsOf(answer)?.taken], ['seat_taken', [3]])
  assert.equal((await ground.statuses(showId)).filter((status) => status === 1).length, 1)
  assert.equal(await ground.quotaOf(showId, userId), undefined)
})

test("a rival's failing hold refuses nobody: who waited behind it gets the seats", async () => {
  const showId = await publish()
  await ground.held(showId, [1])
  const full = randomUUID()
  await ground.held(showId, [11, 12, 13, 14], { userId: full })
  const [byTaken, behind, byQuota, behindQuota] = await ground.many([
    ground.wish(showId, [1, 2]), ground.wish(showId, [2, 3]), ground.wish(showId, [20], { userId: full }), ground.wish(showId, [20]),
  ])
  assert.deepEqual([byTaken, behind, byQuota, behindQuota].map(codeOf), ['seat_taken', 'done', 'quota_exceeded', 'done'])
})

test('seats overlapping in a chain: order is arrival, each is decided by what the one before really got', async () => {
  const showId = await publish()
  const answers = await ground.many([ground.wish(showId, [1, 2]), ground.wish(showId, [2, 3]), ground.wish(showId, [3, 4])])
  assert.deepEqual(answers.map(codeOf), ['done', 'seat_taken', 'done'])
})

test('a hundred parallel holds of one user never pass the limit', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const { api } = createSeat(ground)
  const wishes = Array.from({ length: 80 }, (_, i) => ground.wish(showId, [i + 1], { userId }))
  const answers = await Promise.allSettled(wishes.map((input) => api.hold(input as Parameters<typeof api.hold>[0])))
  assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 4)
  assert.deepEqual(await ground.quotaOf(showId, userId), { seats: 4, last: 1 })
  const refused = answers.find((answer) => answer.status === 'rejected')
  assert.deepEqual(paramsOf(refused?.reason), { seats: 4, seatsMax: 4 })
})

test('more seats at once than one may have are refused, also to who holds nothing yet', async () => {
  const showId = await publish(2)
  const answer = await ground.take(showId, [1, 2, 3])
  assert.deepEqual([codeOf(answer), paramsOf(answer)], ['quota_exceeded', { seats: 0, seatsMax: 2 }])
})

test('seats that do not exist are unknown', async () => {
  const showId = await publish()
  assert.deepEqual(paramsOf(await ground.take(showId, [1, 9_999])), { seatIds: [9_999] })
  assert.equal(codeOf(await ground.take(randomUUID(), [1])), 'show_unknown')
})

test('the same id gives the same hold, in one batch and after it, also when its pass has ended since', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const input = ground.wish(showId, [5, 6], { userId })
  const [first, twin] = await ground.many([input, { ...input }])
  assert.deepEqual(twin, first)
  assert.deepEqual((await ground.many([input]))[0], first)
  await endPassMany(ground, [{ showId, userId, passNo: 9 }])
  assert.deepEqual((await ground.many([input]))[0], first)
  assert.deepEqual((await ground.many([{ ...input, pass: 'nonsense' }]))[0], first)
  assert.equal(await ground.holdsIn(showId), 1)
})

test('the same id for other seats is a conflict, in one batch, after it, and for somebody else', async () => {
  const showId = await publish()
  const input = ground.wish(showId, [5])
  const other = { ...ground.wish(showId, [6]), holdId: input.holdId }
  assert.deepEqual((await ground.many([input, other])).map(codeOf), ['done', 'idempotency_conflict'])
  assert.equal(codeOf((await ground.many([other]))[0]), 'idempotency_conflict')
  const mineElsewhere = { ...ground.wish(showId, [5], { userId: input.userId }), holdId: input.holdId, together: true }
  assert.equal(codeOf((await ground.many([mineElsewhere]))[0]), 'idempotency_conflict')
})

test('a repeat after the hold has ended answers hold_ended, though the seat is free again', async () => {
  const showId = await publish()
  const input = ground.wish(showId, [5])
  await ground.many([input])
  await releaseMany(ground, [{ userId: input.userId, holdId: input.holdId }])
  assert.equal(codeOf((await ground.many([input]))[0]), 'hold_ended')
  assert.equal((await ground.statuses(showId))[4], 0)
})

test('asking for exactly what one holds gives that hold; for a part of it hold_exists with its id', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const hold = await ground.held(showId, [5, 6], { userId })
  assert.deepEqual(await ground.held(showId, [6, 5], { userId }), hold)
  for (const seatIds of [[5], [6, 7], [5, 6, 7]]) {
    const answer = await ground.take(showId, seatIds, { userId })
    assert.deepEqual([codeOf(answer), paramsOf(answer)], ['hold_exists', { holdId: hold.id }])
  }
})

test("a foreign user's hold is not to be looked at", async () => {
  const showId = await publish()
  const hold = await ground.held(showId, [5])
  await assert.rejects(holdOf(ground, { userId: randomUUID(), holdId: hold.id }), { code: 'hold_unknown' })
  await assert.rejects(holdOf(ground, { userId: randomUUID(), holdId: randomUUID() }), { code: 'hold_unknown' })
})

test('without a pass: pass_required and the way into the line; a pass of another user, session or show is invalid', async () => {
  const showId = await publish()
  const [userId, other] = [randomUUID(), randomUUID()]
  const { pass: _, ...without } = ground.wish(showId, [1])
  assert.deepEqual(paramsOf((await ground.many([without]))[0]), { joinUrl: `/api/shows/${showId}/queue` })
  for (const pass of [
    'pass.t.x.y', ground.passFor(other, showId), ground.passFor(userId, randomUUID()), ground.passFor(userId, showId, { sessionId: other }),
  ]) assert.equal(codeOf(await ground.take(showId, [1], { userId, pass })), 'pass_invalid')
  const expired = await ground.take(showId, [1], { userId, pass: ground.passFor(userId, showId, { exp: ground.now() }) })
  assert.deepEqual([codeOf(expired), paramsOf(expired)], ['pass_expired', { next: 'renew' }])
  assert.equal((await ground.statuses(showId))[0], 0)
})

test('a pass below the floor has ended; the next number holds', async () => {
  const showId = await publish()
  const userId = randomUUID()
  await endPassMany(ground, [{ showId, userId, passNo: 3 }])
  const old = await ground.take(showId, [1], { userId, pass: ground.passFor(userId, showId, { passNo: 3 }) })
  assert.deepEqual([codeOf(old), paramsOf(old)], ['pass_ended', { next: 'renew' }])
  await ground.held(showId, [1], { userId, pass: ground.passFor(userId, showId, { passNo: 4 }) })
  assert.deepEqual(await ground.quotaOf(showId, userId), { seats: 1, last: 4 })
})

test('a window sells its own sections only, also to best and to the nearest seats', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const pass = ground.passFor(userId, showId, { sections: ['B'] })
  const outside = await ground.take(showId, [1], { userId, pass })
  assert.deepEqual([codeOf(outside), paramsOf(outside)], ['section_not_in_window', { sections: ['B'], seatIds: [1] }])
  assert.equal(codeOf(await ground.best(showId, 1, { userId, pass, section: 'A' })), 'section_not_in_window')
  assert.equal(granted(await ground.best(showId, 1, { userId, pass })).seats[0]?.section, 'B')
  await ground.held(showId, [80])
  const nearest = granted(await ground.take(showId, [80], { userId, pass, fallback: 'nearest' }))
  assert.equal(nearest.seats[0]?.section, 'B')
})

test('a closed show grants nothing: the version bump of an open show decides, even if the picture is old', async () => {
  const showId = await publish()
  await ground.pictures.of(showId)
  await ground.db.rows(sql`update seat.shows set status = 'closed' where show_id = ${showId}`)
  const answers = await ground.many([ground.wish(showId, [1]), ground.wish(showId, [2])])
  assert.deepEqual(answers.map(codeOf), ['show_closed', 'show_closed'])
  assert.equal((await ground.statuses(showId))[0], 0)
  assert.equal(await ground.holdsIn(showId), 0)
})

test('returned and blocked seats are not available', async () => {
  const showId = await publish()
  await ground.db.rows(sql`update seat.seats set status = 4 where show_id = ${showId} and id = 1`)
  assert.equal(codeOf(await ground.take(showId, [1])), 'seat_taken')
})

test('an old picture grants nothing twice and refuses no free seat: the statement decides, best is picked anew', async () => {
  const showId = await publish()
  const other = { ...ground, pictures: createPictures(ground.db) }
  await other.pictures.of(showId)
  const first = granted(await ground.best(showId, 2))
  const [named, best, nearest] = await holdMany(other, [
    ground.wish(showId, first.seatIds), ground.wishBest(showId, 2), ground.wish(showId, first.seatIds, { fallback: 'nearest' }),
  ])
  assert.equal(codeOf(named), 'seat_taken')
  assert.equal(granted(best).seatIds.length, 2)
  assert.equal(granted(nearest).fellBack, true)
  await ground.pictures.recheck()
  await ground.assertPictured(showId)
})

test('nearest: a lost race is answered with equal seats, together, of the same grade, and told so, also on repeat', async () => {
  const showId = await publish()
  await ground.held(showId, [30, 31])
  const input = ground.wish(showId, [29, 30, 31], { fallback: 'nearest' })
  const hold = granted((await ground.many([input]))[0])
  assert.deepEqual([hold.seatIds, hold.fellBack], [[27, 28, 29], true])
  assert.deepEqual((await ground.many([input]))[0], hold)
})

test('nearest never takes a dearer or cheaper grade and never splits unless asked', async () => {
  const showId = await publish(8)
  const row = Array.from({ length: 20 }, (_, i) => firstSeatOf.B + i)
  for (const id of row.filter((id) => id % 2 === 0)) await ground.held(showId, [id])
  const refused = await ground.take(showId, [61, 62], { fallback: 'nearest' })
  assert.deepEqual([codeOf(refused), paramsOf(refused)], ['seat_taken', { taken: [62], alternatives: [] }])
  const split = granted(await ground.take(showId, [61, 62], { fallback: 'nearest', together: false }))
  assert.deepEqual(split.seatIds, [61, 63])
  await ground.many([65, 67, 69, 71, 73, 75, 77, 79].map((id) => ground.wish(showId, [id])))
  assert.equal(codeOf(await ground.take(showId, [61], { fallback: 'nearest' })), 'seat_taken')
})

test('best: all askers of a round get disjoint seats, and none is refused while enough are free', async () => {
  const showId = await publish()
  const answers = await ground.many(Array.from({ length: 20 }, () => ground.wishBest(showId, 4)))
  const seats = answers.flatMap((answer) => granted(answer).seatIds)
  assert.equal(new Set(seats).size, 80)
  assert.deepEqual(granted(answers[0]).seatIds, [9, 10, 11, 12])
  assert.equal(codeOf(await ground.best(showId, 1, { grade: 'R' })), 'not_enough_seats')
})

test('best and named wishes in one batch: arrival order, and best steps aside', async () => {
  const showId = await publish()
  const [best, named] = await ground.many([ground.wishBest(showId, 2), ground.wish(showId, [10, 11])])
  assert.deepEqual([granted(best).seatIds, codeOf(named)], [[10, 11], 'seat_taken'])
  const [byName, aside] = await ground.many([ground.wish(showId, [9]), ground.wishBest(showId, 1)])
  assert.equal(codeOf(byName), 'done')
  assert.deepEqual(granted(aside).seatIds, [12])
})

test('best of a standing section: the lowest free numbers', async () => {
  const showId = await publish()
  await ground.held(showId, [82])
  assert.deepEqual(granted(await ground.best(showId, 3, { section: 'Floor' })).seatIds, [81, 83, 84])
})

test('a repeat of best gives the seats it gave; another quantity is a conflict; two of one user are two holds', async () => {
  const showId = await publish()
  const userId = randomUUID()
  const input = ground.wishBest(showId, 2, { userId })
  const [first, second] = await ground.many([input, ground.wishBest(showId, 2, { userId })])
  assert.notDeepEqual(granted(first).seatIds, granted(second).seatIds)
  assert.deepEqual((await ground.many([input]))[0], first)
  assert.equal(codeOf((await ground.many([{ ...ground.wishBest(showId, 1, { userId }), holdId: input.holdId }]))[0]), 'idempotency_conflict')
})

test('best together or not: split only when asked and only when it must be', async () => {
  const showId = await ground.publish({ sections: [{ name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 5 }] }] })
  await ground.held(showId, [3])
  assert.equal(codeOf(await ground.best(showId, 3)), 'not_enough_seats')
  assert.deepEqual(granted(await ground.best(showId, 3, { together: false })).seatIds.length, 3)
  await ground.assertPictured(showId)
})

test('a wish that names a seat twice is refused, and its neighbours in the batch are not', async () => {
  const showId = await publish()
  const [twice, other] = await ground.many([ground.wish(showId, [1, 1]), ground.wish(showId, [2])])
  assert.deepEqual([codeOf(twice), codeOf(other)], ['request_invalid', 'done'])
})
