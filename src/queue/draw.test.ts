import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { queueLimits } from './api.ts'
import { isSigned } from './draw-beacon.ts'
import { hash, leavesOf } from './draw-hash.ts'
import { commitmentOf, orderFrom, rootOf, seedOf, toHex } from './draw-rules.ts'
import { drawOf, hashedCount } from './store-draws.ts'
import { codeOf, day, type Ground, lineRow, minute, openGround, placesOf, refused, someone, type TestWindow, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 3 })
})
after(() => ground.close())

/** A show whose lobby is open now and whose line opens in five minutes. */
async function lobby(window: TestWindow = {}): Promise<string> {
  const showId = await ground.publish([{ lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute, ...window }])
  assert.equal((await lineRow(ground.db, showId)).phase, 'lobby')
  return showId
}
const seal = async () => {
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
}
const open = async () => {
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
}
const drawn = async (showId: string) => {
  const { windowId } = await lineRow(ground.db, showId)
  const draw = await drawOf(ground.db, windowId)
  assert(draw)
  return draw
}
const sound = async () => assert.deepEqual(await ground.violations(), [])

test('who is in the lobby is drawn at the opening, and who came after the sealing follows by arrival', async () => {
  const showId = await lobby()
  const fans = await ground.crowd(showId, 20)
  const committed = await drawn(showId)
  assert.equal(committed.commitment, commitmentOf(hash, committed.secret))
  assert((committed.roundAt ?? 0) > ground.clock.now + 5 * minute - queueLimits.sealMs, 'the round comes out after the sealing')
  await seal()
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await drawn(showId)).seed], ['sealed', null])
  const late = await ground.crowd(showId, 4)
  const waiting = await ground.queue.position(late[0] as Who)
  assert.deepEqual([waiting.number, waiting.rank, waiting.position, waiting.etaSeconds, waiting.phase], [21, null, null, null, 'sealed'])
  await open()
  const draw = await drawn(showId)
  const order = orderFrom(hash, draw.seed ?? '', 20)
  const places = await Promise.all([...fans, ...late].map((fan) => ground.queue.position(fan)))
  assert.deepEqual(places.map(({ rank }) => rank), places.map(({ number }) => order.rankOf(number)))
  assert.deepEqual(places.filter(({ status }) => status === 'called').map(({ rank }) => rank).sort(), [1, 2, 3])
  assert.deepEqual(places.filter(({ status }) => status === 'waiting').map(({ position }) => position), places.filter(({ status }) => status === 'waiting').map(({ rank }) => (rank ?? 0) - 4))
  assert.deepEqual(places.slice(20).map(({ rank }) => rank), [21, 22, 23, 24])
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await lineRow(ground.db, showId)).epoch], ['open', 3])
  await sound()
})

test('seed, root and beacon are what anybody computes from what is published', async () => {
  const showId = await lobby()
  const fans = await ground.crowd(showId, 700)
  await seal()
  await open()
  const draw = await drawn(showId)
  const members = (await placesOf(ground.db, showId)).map(({ number, userId }) => ({ number, userId }))
  assert.equal(members.length, fans.length)
  assert.equal(draw.root, toHex(rootOf(hash, leavesOf(draw.salt, members))))
  assert(isSigned(ground.chain.beacon.chain, draw.round ?? 0, draw.signature ?? ''))
  assert.equal(draw.seed, seedOf(hash, { secret: draw.secret, root: draw.root ?? '', signature: draw.signature }))
  assert.deepEqual(draw.weaker, [])
  assert.equal(await hashedCount(ground.db, draw.windowId), 512)
})

test('the whole line is called in the drawn order, through cap, leaving, sleeping and waking', async () => {
  const showId = await lobby()
  const fans = await ground.crowd(showId, 60)
  await Promise.all(fans.slice(0, 7).map((fan) => ground.queue.leave(fan)))
  await seal()
  await Promise.all(fans.slice(7, 9).map((fan) => ground.queue.leave(fan)))
  await open()
  const order = orderFrom(hash, (await drawn(showId)).seed ?? '', 60)
  const ranked = order.numbersBetween(1, 60).map((number) => fans[number - 1] as Who).filter((fan) => !fans.slice(0, 9).includes(fan))
  await ground.queue.leave(ranked[10] as Who)
  await ground.queue.leave(ranked[30] as Who)
  await sound()
  assert.equal((await ground.queue.position(ranked[40] as Who)).position, 40 - 3 - 2)
  await ground.pass(3 * minute + 500) // the first three sleep, the next three are called
  await ground.queue.wake(ranked[1] as Who)
  await ground.queue.wake(ranked[0] as Who)
  await ground.queue.control({ showId, by: randomUUID(), cap: 1_000 })
  const calls = await ground.db.rows<{ number: number; what: string }>(sql`
    select number, what from queue.place_events e join queue.lines l using (window_id) where l.show_id = ${showId} and what = 'called' order by e.id`)
  const expected = ranked.filter((_, index) => index !== 10 && index !== 30).map((fan) => fans.indexOf(fan) + 1)
  const numbers = calls.map(({ number }) => number)
  const again = [expected[0], expected[1]]
  assert.deepEqual(numbers, [...expected.slice(0, 6), ...again, ...expected.slice(6)])
  await sound()
})

test('a beacon that cannot be reached in the committed time leaves a draw that is weaker for ever', async () => {
  const showId = await lobby()
  await ground.crowd(showId, 10)
  ground.chain.away = true
  await seal()
  await open()
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await drawn(showId)).seed], ['sealed', null])
  await ground.pass(queueLimits.beaconWaitMs)
  await ground.run('queue.draws')
  ground.chain.away = false
  const draw = await drawn(showId)
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, draw.weaker, draw.signature], ['open', ['beacon_unreachable'], null])
  assert.equal(draw.seed, seedOf(hash, { secret: draw.secret, root: draw.root ?? '', signature: null }))
  await ground.run('queue.draws')
  assert.deepEqual(await drawn(showId), draw)
})

test('without a beacon the draw says so from the start and waits for nothing', async () => {
  const alone = await openGround({ beacon: false })
  const showId = await alone.publish([{ lobbyOpensAt: alone.clock.now, opensAt: alone.clock.now + minute }])
  const { windowId } = await lineRow(alone.db, showId)
  assert.deepEqual([(await drawOf(alone.db, windowId))?.weaker, (await drawOf(alone.db, windowId))?.round], [['no_beacon'], null])
  await alone.pass(minute)
  await alone.run('queue.phases')
  await alone.run('queue.draws')
  assert.equal((await lineRow(alone.db, showId)).phase, 'open')
  await alone.close()
})

test('an empty lobby is drawn like any other, and then places go by arrival', async () => {
  const showId = await lobby()
  await seal()
  await open()
  const { place } = await ground.queue.join(someone(showId))
  assert.deepEqual([place.number, place.rank, place.status], [1, 1, 'called'])
  await sound()
})

test('before the lobby opens joining says when, and the code is asked at the lobby and not again', async () => {
  const lobbyOpensAt = ground.clock.now + minute
  const showId = await ground.publish([{ lobbyOpensAt, opensAt: lobbyOpensAt + 5 * minute, codes: ['FAN'] }])
  const me = someone(showId)
  assert.equal((await refused(ground.queue.join({ ...me, code: 'FAN' }))).params.opensAt, new Date(lobbyOpensAt).toISOString())
  ground.clock.now = lobbyOpensAt
  assert.equal(await codeOf(ground.queue.join(me)), 'code_required')
  assert.equal((await ground.queue.join({ ...me, code: 'FAN' })).place.phase, 'lobby')
  await seal()
  await open()
  assert.equal((await ground.queue.pass(verified(me))).renewed, false)
})

test('a lobby missed by an outage is open for half a minute, one that ended in it for a minute more', async () => {
  const opensAt = ground.clock.now + 10 * minute
  const missed = await ground.publish([{ lobbyOpensAt: opensAt - minute, opensAt }])
  const cut = await lobby({ opensAt })
  const early = await ground.crowd(cut, 5)
  await ground.pass(0)
  ground.clock.now = opensAt + minute // nobody was there meanwhile
  await ground.service.recover?.()
  await ground.run('queue.phases')
  assert.deepEqual([(await lineRow(ground.db, missed)).phase, (await lineRow(ground.db, cut)).phase], ['lobby', 'lobby'])
  const robbed = await ground.crowd(cut, 5)
  await ground.pass(queueLimits.lobbyMsMin)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
  assert.deepEqual([(await lineRow(ground.db, missed)).phase, (await lineRow(ground.db, cut)).phase], ['sealed', 'lobby'])
  await ground.pass(minute)
  await ground.settle()
  await ground.pass(minute)
  await ground.settle()
  assert.deepEqual([(await lineRow(ground.db, missed)).phase, (await lineRow(ground.db, cut)).phase], ['open', 'open'])
  const ranks = await Promise.all([...early, ...robbed].map(async (fan) => (await ground.queue.position(fan)).rank))
  assert.deepEqual(ranks.sort((a, b) => (a ?? 0) - (b ?? 0)), Array.from({ length: 10 }, (_, index) => index + 1))
  // the committed round was out before the roster was sealed: somebody could have known both
  assert.deepEqual((await drawn(cut)).weaker, ['round_replaced'])
  assert.deepEqual((await drawn(missed)).weaker, [])
  await sound()
})

test('a root that comes later than its round takes another round, and the draw is weaker', async () => {
  const showId = await lobby()
  await ground.crowd(showId, 5)
  await ground.pass(5 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  const { round } = await drawn(showId)
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
  const draw = await drawn(showId)
  assert((draw.round ?? 0) > (round ?? 0) && (draw.roundAt ?? 0) > ground.clock.now, 'a round nobody knows')
  assert.deepEqual([draw.weaker, draw.seed], [['round_replaced'], null])
  await ground.pass(queueLimits.sealMs)
  await ground.run('queue.draws')
  assert.equal((await lineRow(ground.db, showId)).phase, 'open')
})

test('a window moved in its lobby keeps everybody, and moved when sealed the lobby is open again', async () => {
  const id = randomUUID()
  const opensAt = ground.clock.now + 5 * minute
  const showId = await lobby({ id, opensAt })
  const first = await ground.crowd(showId, 300)
  const before = await drawn(showId)
  const move = (to: TestWindow) => ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, ...to }]) })
  await move({ opensAt: opensAt + minute })
  const moved = await drawn(showId)
  assert.deepEqual([moved.secret, moved.weaker, (moved.round ?? 0) - (before.round ?? 0)], [before.secret, [], 20])
  await ground.pass(6 * minute - queueLimits.sealMs)
  await ground.run('queue.phases')
  await ground.run('queue.draws')
  assert(((await drawn(showId)).root ?? '') !== '')
  await move({ opensAt: opensAt + 3 * minute })
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await drawn(showId)).root], ['lobby', null])
  const second = await ground.crowd(showId, 300)
  await ground.pass(2 * minute)
  await ground.settle()
  await ground.pass(queueLimits.sealMs)
  await ground.settle()
  const draw = await drawn(showId)
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, draw.weaker], ['open', []])
  const members = (await placesOf(ground.db, showId)).map(({ number, userId }) => ({ number, userId }))
  assert.deepEqual([members.length, draw.root], [first.length + second.length, toHex(rootOf(hash, leavesOf(draw.salt, members)))])
})

test('a sale moved when its round was out already takes another round, and is weaker: the first was known', async () => {
  const id = randomUUID()
  const opensAt = ground.clock.now + 5 * minute
  const showId = await lobby({ id, opensAt })
  await ground.crowd(showId, 5)
  await seal()
  ground.clock.now = opensAt - 1_000
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, opensAt: opensAt + 5 * minute }]) })
  assert.deepEqual((await drawn(showId)).weaker, ['round_replaced'])
})

test('a drawn line that is postponed keeps its order and is never drawn again', async () => {
  const id = randomUUID()
  const showId = await lobby({ id })
  const fans = await ground.crowd(showId, 10)
  await seal()
  await open()
  const { seed } = await drawn(showId)
  const ranks = await Promise.all(fans.map(async (fan) => (await ground.queue.position(fan)).rank))
  const opensAt = ground.clock.now + 10 * minute
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, lobbyOpensAt: ground.clock.now + minute, opensAt }]) })
  await ground.pass(2 * minute)
  await ground.settle()
  assert.equal((await lineRow(ground.db, showId)).phase, 'announced')
  ground.clock.now = opensAt
  await ground.settle()
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await drawn(showId)).seed], ['open', seed])
  assert.deepEqual(await Promise.all(fans.map(async (fan) => (await ground.queue.position(fan)).rank)), ranks)
})

test('withdrawn, cancelled or closed in the lobby: every place ends with its reason and nothing is drawn', async () => {
  for (const [act, reason] of [
    [(showId: string) => ground.hear('show.withdrawn', showId), 'window_closed'],
    [(showId: string) => ground.hear('show.cancelled', showId), 'show_cancelled'],
    [(showId: string) => ground.queue.control({ showId, by: randomUUID(), close: true }), 'line_closed'],
  ] as const) {
    const showId = await lobby()
    await ground.crowd(showId, 3)
    await act(showId)
    await ground.settle()
    await seal()
    await open()
    assert.deepEqual((await placesOf(ground.db, showId)).map((place) => place.reason), [reason, reason, reason])
    assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await drawn(showId)).seed], ['closed', null])
  }
  await sound()
})

test('a show that comes back after it was withdrawn in its lobby is drawn with the secret it committed to', async () => {
  const id = randomUUID()
  const window = { id, lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute }
  const showId = await ground.publish([window])
  const fans = await ground.crowd(showId, 4)
  const { secret } = await drawn(showId)
  await ground.hear('show.withdrawn', showId)
  await ground.settle()
  await ground.hear('show.published', showId, { windows: ground.windowsOf([window]), startsAt: ground.clock.now + 10 * day })
  await ground.run('queue.phases')
  assert.equal((await ground.queue.join(fans[0] as Who)).place.number, 5)
  await seal()
  await open()
  assert.deepEqual([(await drawn(showId)).secret, (await ground.queue.position(fans[0] as Who)).status], [secret, 'called'])
  await sound()
})

test('a pause keeps the lobby open and the draw on time, and nobody is called until it ends', async () => {
  const showId = await lobby()
  const [first] = await ground.crowd(showId, 2)
  await ground.hear('show.paused', showId)
  await ground.crowd(showId, 2)
  await seal()
  await open()
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, ...(await ground.statuses(showId))], ['open', 'waiting', 'waiting', 'waiting', 'waiting'])
  await ground.hear('show.resumed', showId, { pausedMs: 5 * minute })
  assert.equal((await ground.statuses(showId)).filter((status) => status === 'called').length, 3)
  assert.equal((await ground.queue.position(first as Who)).phase, 'open')
})

test('two processes draw one line once', async () => {
  const showId = await lobby()
  await ground.crowd(showId, 50)
  await seal()
  await ground.pass(queueLimits.sealMs)
  await Promise.all([ground.run('queue.draws'), ground.run('queue.draws'), ground.run('queue.draws')])
  assert.deepEqual([(await lineRow(ground.db, showId)).epoch, (await lineRow(ground.db, showId)).live], [3, 3])
  await sound()
})

test('a line that went by arrival gets no draw, whatever its window says later', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id }])
  await ground.crowd(showId, 5)
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, lobbyOpensAt: ground.clock.now + minute, opensAt: ground.clock.now + 5 * minute }]) })
  await ground.pass(2 * minute)
  await ground.settle()
  assert.equal((await lineRow(ground.db, showId)).phase, 'announced')
  await ground.pass(3 * minute)
  await ground.settle()
  assert.equal((await lineRow(ground.db, showId)).phase, 'open')
})
