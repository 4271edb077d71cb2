import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { testDatabaseUrl } from '../platform/testing.ts'
import { forgetPurchases, notePurchases } from './store-passes.ts'
import { codeOf, type Ground, lineRow, lost, minute, openGround, placesOf, refused, someone, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 1 })
})
after(() => ground.close())

const claim = (who: Who, more: { takeOver?: boolean } = {}) => ground.queue.pass({ ...verified(who), ...more })
const claims = (pass: string) => {
  const read = ground.passes.verify(pass, ground.clock.now)
  assert('claims' in read)
  return read.claims
}
/** A show with one place called and `count - 1` behind it. */
async function turn(count = 1, windows?: Parameters<Ground['publish']>[0]) {
  const showId = await ground.publish(windows)
  const fans = await ground.crowd(showId, count)
  const [first, second, third] = fans as [Who, Who, Who]
  return { showId, first, second, third }
}

test('a claimed turn is inside for ten minutes, with a pass for this user, session, show, window and its sections', async () => {
  const { showId, first } = await turn(1, [{ sections: ['A'] }])
  const { pass, expiresAt, renewed } = await claim(first)
  const { windowId } = await lineRow(ground.db, showId)
  assert.deepEqual(claims(pass), { ...first, windowId, passNo: 1, sections: ['A'], exp: expiresAt })
  assert.deepEqual([expiresAt, renewed], [ground.clock.now + 10 * minute, false])
  assert.deepEqual([(await ground.queue.position(first)).status, (await lineRow(ground.db, showId)).live], ['inside', 1])
})

test('while inside a pass is always fresh with the next number, and the older stays good', async () => {
  const { first } = await turn()
  await claim(first)
  ground.clock.now += minute
  const second = await claim(first)
  assert.deepEqual([claims(second.pass).passNo, second.renewed, second.expiresAt], [2, true, ground.clock.now + 10 * minute])
  assert.equal(ground.seat.floorOf(first), 0)
})

test('a turn is renewed for half an hour and no longer: then its slot goes on to who waits', async () => {
  const { first, second } = await turn(2)
  const startedAt = ground.clock.now
  await claim(first)
  for (let renewals = 0; renewals < 4; renewals++) {
    await ground.pass(9 * minute)
    await claim(first).catch(() => undefined)
  }
  assert.equal((await ground.queue.position(second)).status, 'called')
  const { status, endedReason } = await ground.queue.position(first)
  assert.deepEqual([status, endedReason], ['ended', 'pass_expired'])
  const { steps } = await ground.queue.story({ showId: first.showId, userId: first.userId })
  assert.equal((steps.find(({ what }) => what === 'ended')?.at ?? 0) - startedAt, 36 * minute, 'the sweep that came first after 30 min')
})

test('a pause makes a turn longer by its length, and so does an outage', async () => {
  const { showId, first } = await turn(1)
  const startedAt = ground.clock.now
  await claim(first)
  await ground.pass(5 * minute)
  await ground.hear('show.paused', showId)
  await ground.pass(40 * minute)
  await ground.hear('show.resumed', showId, { pausedMs: 40 * minute })
  for (const after of [0, 9, 9, 6]) {
    await ground.pass(after * minute)
    await claim(first)
  }
  assert.equal((await claim(first)).expiresAt, startedAt + 70 * minute)
  ground.clock.now = startedAt + 80 * minute
  await ground.run('queue.sweep')
  assert.equal((await claim(first)).expiresAt, ground.clock.now + 2 * minute, 'the minute that was left, and one for coming back')
})

test('a turn that is over is not renewed before the sweep either, unless it ran out while nobody could come', async () => {
  const { first } = await turn(1)
  for (const after of [0, 9, 9, 9]) {
    await ground.pass(after * minute)
    await claim(first)
  }
  await ground.pass(3 * minute)
  assert.equal(await codeOf(claim(first)), 'place_ended')
  ground.clock.now += 10 * minute
  assert.equal(await codeOf(claim(first)), 'place_ended', 'it was over when the outage began')
  const { first: late } = await turn(1)
  for (const after of [0, 9, 9, 9, 2]) {
    await ground.pass(after * minute)
    await claim(late)
  }
  ground.clock.now += 10 * minute
  assert.equal((await claim(late)).expiresAt, ground.clock.now + minute)
})

test('several renewals in one batch each get a number of their own', async () => {
  const { first } = await turn()
  const passes = await Promise.all([claim(first), claim(first), claim(first)])
  assert.deepEqual(passes.map(({ pass, renewed }) => [claims(pass).passNo, renewed]), [[1, false], [2, true], [3, true]])
})

test('who waits is told to wait, who has no place is told so', async () => {
  const { second } = await turn(2)
  assert.equal(await codeOf(claim(second)), 'not_your_turn')
  const stranger = someone(second.showId)
  const calls = [claim(stranger), ground.queue.position(stranger), ground.queue.wake(stranger), ground.queue.leave(stranger)]
  assert.deepEqual(await Promise.all(calls.map(codeOf)), Array(4).fill('place_unknown'))
})

test('an unverified e-mail keeps the turn and gets no pass', async () => {
  const { first } = await turn()
  assert.equal(await codeOf(ground.queue.pass({ ...first, verified: false })), 'email_unverified')
  assert.equal((await ground.queue.position(first)).status, 'called')
})

test('another session is refused until it takes over; then the old pass is ended at seat and the place goes on', async () => {
  const { first, showId } = await turn()
  await claim(first)
  const other = { ...first, sessionId: randomUUID() }
  assert.equal(await codeOf(claim(other)), 'pass_elsewhere')
  const taken = await claim(other, { takeOver: true })
  assert.deepEqual([claims(taken.pass).passNo, claims(taken.pass).sessionId], [2, other.sessionId])
  await ground.run('queue.endings')
  assert.equal(ground.seat.floorOf(first), 2)
  assert.equal(await codeOf(claim(first)), 'pass_elsewhere')
  assert.deepEqual([(await ground.queue.position(other)).status, (await lineRow(ground.db, showId)).live], ['inside', 1])
})

test('taking over from oneself is only a renewal', async () => {
  const { first } = await turn()
  await claim(first)
  await claim(first, { takeOver: true })
  await ground.run('queue.endings')
  assert.equal(ground.seat.floorOf(first), 0)
})

test('a turn that nobody takes falls asleep at its end and 500 ms, keeps its number, and the slot goes on', async () => {
  const { first, second, showId } = await turn(2)
  await ground.pass(3 * minute + 499)
  assert.equal((await ground.queue.position(first)).status, 'called')
  await ground.pass(1)
  const place = await ground.queue.position(first)
  assert.deepEqual([place.status, place.number, place.until], ['asleep', 1, null])
  assert.equal((await ground.queue.position(second)).status, 'called')
  assert.equal((await lineRow(ground.db, showId)).live, 1)
  assert.equal(await codeOf(claim(first)), 'place_asleep')
})

test('a woken place is called next, before everybody, and has 30 s', async () => {
  const { first, second, third } = await turn(3)
  await ground.pass(3 * minute + 500)
  const woken = await ground.queue.wake(first)
  assert.deepEqual([woken.status, woken.position, woken.until], ['woken', 0, null])
  assert.equal(await codeOf(claim(first)), 'not_your_turn')
  await ground.queue.leave(second)
  const called = await ground.queue.position(first)
  assert.deepEqual([called.status, called.until], ['called', ground.clock.now + 30_000])
  assert.equal((await ground.queue.position(third)).status, 'waiting')
  await ground.pass(30_500)
  assert.equal((await ground.queue.position(first)).status, 'asleep')
})

test('places that are woken in turns and never come do not keep the line from its slot', async () => {
  const { showId, first, second, third } = await turn(3)
  const refusedIn: number[] = []
  await ground.pass(3 * minute + 500)
  const idle = [first, second]
  for (const waitedMs of [3 * minute + 500, ...Array.from({ length: 30 }, () => 30_500)]) {
    for (const who of idle) await ground.queue.wake(who).catch(({ code, params }) => code === 'wake_too_soon' && refusedIn.push(params.retryAfterSeconds))
    await ground.pass(waitedMs)
    if ((await ground.queue.position(third)).status === 'called') break
  }
  assert.equal((await ground.queue.position(third)).status, 'called')
  assert(refusedIn.length > 0 && refusedIn.every((seconds) => seconds > 0 && seconds <= 600), String(refusedIn))
  await claim(third)
  await ground.pass(9 * minute)
  assert.equal((await ground.queue.wake(first)).status, 'woken', 'its place is kept, and it is next')
  await ground.queue.leave(third)
  await ground.settle()
  assert.deepEqual((await placesOf(ground.db, showId)).map(({ number, status }) => [number, status]), [[1, 'called'], [2, 'asleep'], [3, 'ended']])
})

test('woken places are called by number, not by who woke first', async () => {
  const { showId, first, second, third } = await turn(3)
  await ground.pass(3 * minute + 500)
  await ground.pass(3 * minute + 500)
  assert.deepEqual(await ground.statuses(showId), ['asleep', 'asleep', 'called'])
  await ground.queue.wake(second)
  await ground.queue.wake(first)
  await ground.queue.leave(third)
  assert.deepEqual(await ground.statuses(showId), ['called', 'woken', 'ended'])
})

test('waking with a free slot calls at once; waking what is awake changes nothing', async () => {
  const { first } = await turn()
  await ground.pass(3 * minute + 500)
  assert.equal((await ground.queue.wake(first)).status, 'called')
  const { until } = await ground.queue.position(first)
  ground.clock.now += 1_000
  assert.deepEqual([(await ground.queue.wake(first)).status, (await ground.queue.wake(first)).until], ['called', until])
})

test('looking never wakes: a sleeping place stays asleep however often it is read', async () => {
  const { first } = await turn()
  await ground.pass(3 * minute + 500)
  for (let n = 0; n < 5; n++) assert.equal((await ground.queue.position(first)).status, 'asleep')
  await ground.settle()
  assert.equal((await ground.queue.position(first)).status, 'asleep')
})

test('a pass that runs out ends its place at its end and 500 ms, and the slot goes on', async () => {
  const { first, second } = await turn(2)
  await claim(first)
  await ground.pass(10 * minute + 499)
  assert.equal((await ground.queue.position(first)).status, 'inside')
  await ground.pass(1)
  const place = await ground.queue.position(first)
  assert.deepEqual([place.status, place.endedReason], ['ended', 'pass_expired'])
  assert.equal((await ground.queue.position(second)).status, 'called')
  assert.deepEqual(await refused(claim(first)), { code: 'place_ended', params: { reason: 'pass_expired' } })
  assert.equal(await codeOf(ground.queue.wake(first)), 'place_ended')
})

test('who leaves while waiting or called is gone at once, and the slot of a turn goes on', async () => {
  const { showId, first, second, third } = await turn(3)
  await ground.queue.leave(second)
  await ground.queue.leave(first)
  assert.deepEqual(await ground.statuses(showId), ['ended', 'ended', 'called'])
  assert.equal((await ground.queue.position(third)).position, 0)
  assert.deepEqual(await ground.queue.leave(first), {})
  assert.equal(ground.seat.floorOf(first), 0)
})

test('who leaves from inside keeps the slot until seat has ended the pass: floor first, then the slot', async () => {
  const { showId, first, second } = await turn(2)
  await claim(first)
  ground.seat.fails = lost()
  await ground.queue.leave(first)
  await ground.run('queue.endings')
  assert.deepEqual(await ground.statuses(showId), ['ending', 'waiting'])
  assert.equal((await lineRow(ground.db, showId)).live, 1)
  assert.equal(await codeOf(claim(first)), 'place_ended')
  assert.deepEqual(await ground.queue.leave(first), {})
  ground.seat.fails = undefined
  await ground.run('queue.endings')
  assert.equal(ground.seat.floorOf(first), 2)
  assert.deepEqual(await ground.statuses(showId), ['ended', 'called'])
  assert.equal((await ground.queue.position(second)).status, 'called')
})

test('a failure at seat that is no answer is repeated and reported, and frees nothing', async () => {
  const { showId, first } = await turn()
  await claim(first)
  ground.seat.fails = new Error('a bug')
  await ground.queue.leave(first)
  await assert.rejects(ground.run('queue.endings') as Promise<unknown>)
  assert.deepEqual(await ground.statuses(showId), ['ending'])
  ground.seat.fails = undefined
  await ground.run('queue.endings')
  assert.deepEqual(await ground.statuses(showId), ['ended'])
})

test('a show that seat does not know has no pass to end', async () => {
  const { showId, first } = await turn()
  await claim(first)
  ground.seat.shows.delete(showId)
  await ground.queue.leave(first)
  await ground.run('queue.endings')
  assert.deepEqual(await ground.statuses(showId), ['ended'])
})

test('leaving right after a take-over ends both passes', async () => {
  const { showId, first } = await turn()
  await claim(first)
  const other = { ...first, sessionId: randomUUID() }
  ground.seat.fails = lost()
  await claim(other, { takeOver: true })
  await ground.queue.leave(other)
  ground.seat.fails = undefined
  await ground.run('queue.endings')
  assert.equal(ground.seat.floorOf(first), 3)
  assert.deepEqual(await ground.statuses(showId), ['ended'])
})

test('pass numbers grow for ever per user and show, so a new place never falls below the floor', async () => {
  const { first } = await turn()
  await claim(first)
  await claim(first)
  await ground.queue.leave(first)
  await ground.run('queue.endings')
  await ground.queue.join(first)
  const { passNo } = claims((await claim(first)).pass)
  assert.deepEqual([passNo, ground.seat.floorOf(first)], [3, 3])
})

test('buying the whole quota ends the place; buying less does not', async () => {
  const { showId, first, second } = await turn(2)
  await claim(first)
  const key = `${showId} ${first.userId}`
  const confirmed = () => ground.hear('reservation.confirmed', randomUUID(), { showId, userId: first.userId, seatIds: [1] })
  ground.seat.quotas.set(key, { seats: 3, sold: 3, seatsMax: 4 })
  await confirmed()
  await ground.run('queue.purchases')
  assert.equal((await ground.queue.position(first)).status, 'inside')
  ground.seat.quotas.set(key, { seats: 4, sold: 4, seatsMax: 4 })
  await confirmed()
  ground.seat.fails = lost()
  await ground.run('queue.purchases')
  assert.equal((await ground.queue.position(first)).status, 'inside')
  ground.seat.fails = undefined
  await ground.run('queue.purchases')
  await ground.run('queue.endings')
  const place = await ground.queue.position(first)
  assert.deepEqual([place.status, place.endedReason], ['ended', 'purchase'])
  assert.equal(ground.seat.floorOf(first), 2)
  assert.equal((await ground.queue.position(second)).status, 'called')
})

test('who bought a part and holds the rest keeps the place: the held seats may yet be lost', async () => {
  const { showId, first } = await turn()
  await claim(first)
  ground.seat.quotas.set(`${showId} ${first.userId}`, { seats: 4, sold: 2, seatsMax: 4 })
  await ground.hear('reservation.confirmed', randomUUID(), { showId, userId: first.userId, seatIds: [1, 2] })
  await ground.run('queue.purchases')
  assert.equal((await ground.queue.position(first)).status, 'inside')
})

test('a purchase of a user without a place changes nothing', async () => {
  const { showId } = await turn()
  await ground.hear('reservation.confirmed', randomUUID(), { showId: randomUUID(), userId: randomUUID(), seatIds: [1] })
  await ground.run('queue.purchases')
  assert.deepEqual(await ground.statuses(showId), ['called'])
})

test('purchases that are noted and forgotten at the same time do not wait for each other in a ring', { skip: !testDatabaseUrl && 'PGlite has one connection' }, async () => {
  const showId = randomUUID()
  const bought = Array.from({ length: 3 }, () => randomUUID()).sort().map((userId) => ({ showId, userId, noted: 1 }))
  const { db } = ground
  await db.transaction((tx) => notePurchases(tx, bought))
  const blocked = async (count: number) => {
    const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    while ((await db.rows(waiting)).length < count);
  }
  const [isLocked, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const inTheWay = db.transaction(async (tx) => {
    await tx.rows(sql`select 1 from queue.purchases where show_id = ${showId} and user_id = ${bought[1]?.userId} for update`)
    isLocked.resolve()
    await mayGoOn.promise
  })
  await isLocked.promise
  const noted = db.transaction((tx) => notePurchases(tx, bought))
  await blocked(1)
  const forgotten = db.transaction((tx) => forgetPurchases(tx, bought.toReversed()))
  await blocked(2)
  mayGoOn.resolve()
  await Promise.all([inTheWay, noted, forgotten])
  assert.deepEqual((await db.rows<{ noted: number }>(sql`select noted from queue.purchases where show_id = ${showId}`)).map((row) => row.noted), [2, 2, 2])
  await db.rows(sql`delete from queue.purchases where show_id = ${showId}`)
})

test('the story tells every step of a turn in order', async () => {
  const { showId, first } = await turn()
  await ground.pass(3 * minute + 500)
  await ground.queue.wake(first)
  await claim(first)
  await claim({ ...first, sessionId: randomUUID() }, { takeOver: true })
  await ground.queue.leave(first)
  await ground.run('queue.endings')
  const { steps } = await ground.queue.story({ showId, userId: first.userId })
  assert.deepEqual(steps.map((step) => step.what), ['joined', 'called', 'slept', 'woken', 'called', 'claimed', 'taken_over', 'ended'])
  assert.deepEqual(steps.at(-1)?.detail, { windowId: (await lineRow(ground.db, showId)).windowId, number: 1, reason: 'left' })
  assert(steps.every((step, n) => n === 0 || step.at >= (steps[n - 1]?.at ?? 0)))
})

test('what was left behind is consistent', async () => {
  assert.deepEqual(await ground.violations(), [])
  assert((await placesOf(ground.db, (await turn()).showId)).length > 0)
})
