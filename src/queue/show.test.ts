import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { outsideTransaction, type Tx } from '../platform/database.ts'
import { testDatabaseUrl } from '../platform/testing.ts'
import { liveOf, type Show } from './line.ts'
import { codeOf, day, type Ground, lineRow, lost, minute, openGround, placesOf, someone, verified, type Who } from './testing.ts'
import { beat, lastBeat } from './store-clock.ts'
import { lockShow, upsertLine } from './store-lines.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 2 })
})
after(() => ground.close())

const claim = (who: Who) => ground.queue.pass(verified(who))
const operator = randomUUID()

test('the phase job opens and closes lines by their time, each time a new epoch', async () => {
  const opensAt = ground.clock.now + minute
  const showId = await ground.publish([{ opensAt, closesAt: opensAt + minute }])
  ground.clock.now = opensAt - 1
  await ground.run('queue.phases')
  assert.equal((await lineRow(ground.db, showId)).phase, 'announced')
  ground.clock.now = opensAt
  await ground.run('queue.phases')
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await lineRow(ground.db, showId)).epoch], ['open', 1])
  ground.clock.now = opensAt + minute + 499
  await ground.run('queue.phases')
  assert.equal((await lineRow(ground.db, showId)).phase, 'open')
  ground.clock.now += 1
  await ground.run('queue.phases')
  const line = await lineRow(ground.db, showId)
  assert.deepEqual([line.phase, line.epoch, line.reason], ['closed', 2, 'window_closed'])
})

test('when a window closes its waiting and sleeping places end; who is called or inside goes on', async () => {
  const showId = await ground.publish([{ closesAt: ground.clock.now + 6 * minute }])
  const [asleep, inside, called, waiting] = (await ground.crowd(showId, 4)) as [Who, Who, Who, Who]
  await claim(inside)
  await ground.pass(3 * minute + 500)
  assert.deepEqual(await ground.statuses(showId), ['asleep', 'inside', 'called', 'waiting'])
  await ground.pass(3 * minute)
  await ground.run('queue.phases')
  await ground.run('queue.close')
  assert.deepEqual(await ground.statuses(showId), ['ended', 'inside', 'called', 'ended'])
  for (const who of [asleep, waiting]) assert.equal((await ground.queue.position(who)).endedReason, 'window_closed')
  const { expiresAt } = await claim(called)
  const before = (await ground.queue.position(inside)).until
  assert.equal((await claim(inside)).expiresAt, before, 'a renewal after the close lasts no longer')
  assert.equal(await codeOf(ground.queue.wake(asleep)), 'place_ended')
  await ground.pass(expiresAt - ground.clock.now + 500)
  await ground.run('queue.close')
  assert.deepEqual(await ground.statuses(showId), ['ended', 'ended', 'ended', 'ended'])
  assert.deepEqual([(await lineRow(ground.db, showId)).closing, (await lineRow(ground.db, showId)).live], [false, 0])
})

test('a turn missed after the close does not sleep for ever', async () => {
  const showId = await ground.publish([{ closesAt: ground.clock.now + minute }])
  const [called] = (await ground.crowd(showId, 1)) as [Who]
  await ground.pass(minute + 500)
  await ground.settle()
  await ground.pass(2 * minute)
  await ground.settle()
  assert.equal((await ground.queue.position(called)).endedReason, 'window_closed')
  assert.equal((await lineRow(ground.db, showId)).closing, false)
})

test('a large line is ended in chunks, whole', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 2_300)
  await ground.queue.control({ showId, by: operator, close: true })
  await ground.run('queue.close')
  const reasons = (await placesOf(ground.db, showId)).map((place) => place.reason)
  assert.deepEqual([reasons.filter((r) => r === 'line_closed').length, reasons.filter((r) => r === null).length], [2_298, 2])
})

test('the next window shares the cap with those still inside from the one before', async () => {
  const middle = ground.clock.now + minute
  const showId = await ground.publish([{ closesAt: middle }, { opensAt: middle + 1_000, closesAt: middle + day }])
  const [a, b] = (await ground.crowd(showId, 2)) as [Who, Who]
  await claim(a)
  await claim(b)
  await ground.pass(minute + 1_000)
  await ground.settle()
  const late = someone(showId)
  assert.deepEqual([(await ground.queue.join(late)).place.status, (await ground.queue.frame({ showId })).live], ['waiting', 2])
  await ground.queue.leave(a)
  await ground.run('queue.endings')
  assert.equal((await ground.queue.position(late)).status, 'called')
  assert.equal((await ground.queue.position(b)).status, 'inside', 'a pass of the earlier window is still its owner’s turn')
})

test('the routes of a show mean the open line, else the next to open, else the last closed', async () => {
  const start = ground.clock.now
  const windows = [0, 1, 2].map((n) => ({ id: randomUUID(), opensAt: start + (2 * n + 1) * minute, closesAt: start + (2 * n + 2) * minute }))
  const showId = await ground.publish([...windows].reverse())
  const seen: (string | number)[][] = []
  for (let n = 0; n < 7; n++) {
    await ground.run('queue.phases')
    const { windowId, phase } = await ground.queue.frame({ showId })
    seen.push([windows.findIndex(({ id }) => id === windowId), phase])
    ground.clock.now = start + (n + 1) * minute + 500
  }
  assert.deepEqual(seen, [
    [0, 'announced'], [0, 'open'], [1, 'announced'], [1, 'open'], [2, 'announced'], [2, 'open'], [2, 'closed'],
  ])
})

test('a cancelled show closes its lines at once and ends every place, passes too', async () => {
  const showId = await ground.publish()
  const [inside, called, waiting] = (await ground.crowd(showId, 3)) as [Who, Who, Who]
  await claim(inside)
  await ground.hear('show.cancelled', showId, { reason: 'flood' })
  assert.equal(await codeOf(ground.queue.join(someone(showId))), 'line_closed')
  await ground.run('queue.close')
  await ground.run('queue.endings')
  for (const who of [inside, called, waiting]) {
    const place = await ground.queue.position(who)
    assert.deepEqual([place.status, place.endedReason], ['ended', 'show_cancelled'])
  }
  assert.equal(ground.seat.floorOf(inside), 2)
  await ground.run('queue.close')
  const line = await lineRow(ground.db, showId)
  assert.deepEqual([line.live, line.closing], [0, false])
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{}]) })
  assert.equal((await lineRow(ground.db, showId)).phase, 'closed')
})

test('a cancelled show whose passes seat cannot end yet is gone through again', async () => {
  const showId = await ground.publish()
  const [inside] = (await ground.crowd(showId, 1)) as [Who]
  await claim(inside)
  ground.seat.fails = lost()
  await ground.hear('show.cancelled', showId)
  await ground.settle()
  assert.deepEqual([(await ground.queue.position(inside)).status, (await lineRow(ground.db, showId)).closing], ['ending', true])
  ground.seat.fails = undefined
  await ground.settle()
  assert.deepEqual([(await ground.queue.position(inside)).status, (await lineRow(ground.db, showId)).closing], ['ended', false])
})

test('while paused nobody is called, nobody lapses, nobody claims; places and joining stay', async () => {
  const showId = await ground.publish()
  const [called, inside] = (await ground.crowd(showId, 2)) as [Who, Who]
  await claim(inside)
  await ground.hear('show.paused', showId)
  const waiting = someone(showId)
  assert.equal((await ground.queue.join(waiting)).place.status, 'waiting')
  assert.equal(await codeOf(claim(called)), 'line_paused')
  await ground.pass(4 * minute)
  await ground.queue.leave(called)
  await ground.settle()
  assert.deepEqual(await ground.statuses(showId), ['ended', 'inside', 'waiting'])
  const place = await ground.queue.position(waiting)
  assert.deepEqual([place.position, place.etaSeconds], [0, null])
  assert.equal((await ground.queue.frame({ showId })).paused, true)
})

test('resuming moves every running deadline by the pause, at least to a minute from now, and calls again', async () => {
  const showId = await ground.publish()
  const [called, inside, waiting] = (await ground.crowd(showId, 3)) as [Who, Who, Who]
  const { expiresAt } = await claim(inside)
  const { until } = await ground.queue.position(called)
  await ground.pass(2 * minute + 50_000)
  await ground.hear('show.paused', showId)
  await ground.pass(20_000)
  await ground.queue.leave(called)
  await ground.hear('show.resumed', showId, { pausedMs: 20_000 })
  assert.equal((await ground.queue.position(inside)).until, expiresAt + 20_000)
  assert.equal((await ground.queue.position(waiting)).status, 'called')
  assert.equal(until, expiresAt - 7 * minute)

  const short = await ground.publish()
  const [hurried] = (await ground.crowd(short, 1)) as [Who]
  await ground.pass(3 * minute)
  await ground.hear('show.paused', short)
  await ground.hear('show.resumed', short, { pausedMs: 1_000 })
  assert.equal((await ground.queue.position(hurried)).until, ground.clock.now + minute)
})

test('after an outage deadlines that fell due meanwhile become a minute from now, and none is swept before', async () => {
  const showId = await ground.publish()
  const [called, inside] = (await ground.crowd(showId, 2)) as [Who, Who]
  const { expiresAt } = await claim(inside)
  await ground.pass(2 * minute)
  ground.clock.now += 2 * minute
  await ground.run('queue.sweep')
  assert.equal((await ground.queue.position(called)).until, ground.clock.now + minute)
  assert.equal((await ground.queue.position(inside)).until, expiresAt)
  await ground.pass(minute + 499)
  assert.equal((await ground.queue.position(called)).status, 'called')
  await ground.pass(1)
  assert.equal((await ground.queue.position(called)).status, 'asleep')
})

test('a beat that is three seconds old is no outage', async () => {
  const showId = await ground.publish()
  const [called] = (await ground.crowd(showId, 1)) as [Who]
  await ground.pass(3 * minute - 2_000)
  const { until } = await ground.queue.position(called)
  ground.clock.now += 3_000
  await ground.run('queue.sweep')
  assert.deepEqual([until, (await ground.queue.position(called)).status], [ground.clock.now - 1_000, 'asleep'])
})

test('a line ends when its show begins, whatever its window says', async () => {
  const startsAt = ground.clock.now + minute
  const id = randomUUID()
  const showId = await ground.publish([{ id }], startsAt)
  const [inside, , waiting] = (await ground.crowd(showId, 3)) as [Who, Who, Who]
  await claim(inside)
  assert.equal((await ground.queue.frame({ showId })).closesAt, startsAt)
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, closesAt: startsAt + day }]) })
  await ground.pass(minute + 500)
  await ground.run('queue.phases')
  await ground.queue.leave(inside)
  await ground.settle()
  assert.equal(await codeOf(ground.queue.join(someone(showId))), 'line_closed')
  const place = await ground.queue.position(waiting)
  assert.deepEqual([place.status, place.endedReason], ['ended', 'window_closed'])
})

test('windows that move: a closed one reopens when it ends later, an open one waits when it opens later', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id, closesAt: ground.clock.now + minute }])
  const [first] = (await ground.crowd(showId, 3)) as [Who]
  const change = async (window: { opensAt?: number; closesAt?: number }) => {
    await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, ...window }]) })
    return (await lineRow(ground.db, showId)).phase
  }
  const later = ground.clock.now + 5 * minute
  assert.equal(await change({ opensAt: later }), 'announced')
  assert.equal((await ground.queue.position(first)).number, 1)
  ground.clock.now = later
  await ground.run('queue.phases')
  assert.equal((await lineRow(ground.db, showId)).phase, 'open')
  assert.equal(await change({ opensAt: later - minute, closesAt: later - 500 }), 'open')
  await ground.run('queue.phases')
  assert.equal((await lineRow(ground.db, showId)).phase, 'closed')
  assert.equal(await change({ opensAt: later - minute, closesAt: later + day }), 'announced')
  await ground.run('queue.phases')
  assert.equal((await ground.queue.join(someone(showId))).place.number, 4)
})

test('a line an operator closed stays closed when windows move', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id }])
  await ground.queue.control({ showId, by: operator, close: true })
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id, closesAt: ground.clock.now + 2 * day }]) })
  assert.equal((await lineRow(ground.db, showId)).phase, 'closed')
})

test('a window taken away closes its line, or is gone if nobody stood there; a new one shares cap and pause', async () => {
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()]
  const showId = await ground.publish([{ id: a }, { id: b, opensAt: ground.clock.now + 2 * day }])
  await ground.crowd(showId, 3)
  await ground.hear('show.paused', showId)
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ id: c, opensAt: ground.clock.now + minute }]) })
  const rows = await ground.db.rows<{ id: string; phase: string }>(sql`
    select window_id as id, phase from queue.lines where show_id = ${showId} order by opens_at`)
  assert.deepEqual(rows, [{ id: a, phase: 'closed' }, { id: c, phase: 'announced' }])
  assert.equal((await ground.queue.frame({ showId })).paused, true)
})

test('a withdrawn show takes nobody more and ends who waits; published again its line goes on', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id }])
  await ground.crowd(showId, 3)
  await ground.hear('show.withdrawn', showId, { purpose: 'unpublish' })
  await ground.run('queue.close')
  assert.equal((await ground.statuses(showId)).includes('waiting'), false)
  await assert.rejects(ground.queue.join(someone(showId)), { code: 'line_closed' })
  await ground.hear('show.published', showId, { windows: ground.windowsOf([{ id }]), startsAt: ground.clock.now + 100 * day })
  await ground.run('queue.phases')
  await ground.queue.join(someone(showId))
})

const onPglite = testDatabaseUrl ? false : 'two transactions at once need two connections'
test('who waited for the lock of a show sees the line that was added meanwhile, and its slots', { skip: onPglite }, async () => {
  const showId = await ground.publish()
  const added = randomUUID()
  let late: Promise<Show | undefined> | undefined
  await ground.db.transaction(async (tx) => {
    await lockShow(tx, showId)
    late = outsideTransaction(() => ground.db.transaction((other) => lockShow(other, showId)))
    await untilSomebodyWaits(tx)
    await upsertLine(tx, showId, { windowId: added, lobbyOpensAt: null, opensAt: ground.clock.now + day, closesAt: ground.clock.now + 2 * day, audience: 'everyone', sections: null })
    await tx.rows(sql`update queue.lines set live = 1 where window_id = ${added}`)
  })
  const show = await late
  assert(show)
  assert.deepEqual([show.lines.length, liveOf(show)], [2, 1])
  await ground.db.rows(sql`delete from queue.lines where window_id = ${added}`)
})

async function untilSomebodyWaits(tx: Tx) {
  for (;;) {
    const waiting = await tx.rows(sql`select 1 as one from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`)
    if (waiting.length > 0) return
  }
}

test('a show withdrawn while it was paused is not paused when it is published again', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id }])
  await ground.hear('show.paused', showId)
  await ground.hear('show.withdrawn', showId, { purpose: 'unpublish' })
  await ground.hear('show.published', showId, { windows: ground.windowsOf([{ id }]), startsAt: ground.clock.now + 100 * day })
  await ground.run('queue.phases')
  assert.equal((await ground.queue.join(someone(showId))).place.status, 'called')
})

test('what fails in one show keeps no other from its turn: the sweep goes through them all, beats, and then reports', async () => {
  const broken = await ground.publish()
  await ground.crowd(broken, 2)
  const sound = await Promise.all(Array.from({ length: 4 }, () => ground.publish()))
  const fans = await Promise.all(sound.map(async (showId) => (await ground.crowd(showId, 1))[0] as Who))
  await ground.db.rows(sql`update queue.lines set live = 1 where show_id = ${broken}`)
  ground.clock.now += 3 * minute + 500
  await beat(ground.db, ground.clock.now - 2_000)
  await assert.rejects(ground.run('queue.sweep'), /freeing 2 of 1/)
  assert.deepEqual(await Promise.all(fans.map(async (fan) => (await ground.queue.position(fan)).status)), ['asleep', 'asleep', 'asleep', 'asleep'])
  assert.equal(await lastBeat(ground.db), ground.clock.now)
  await ground.db.rows(sql`update queue.lines set live = 2 where show_id = ${broken}`)
  await ground.settle()
})

test('publishing again keeps places, numbers and the cap an operator set', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id }])
  await ground.crowd(showId, 3)
  await ground.queue.control({ showId, by: operator, cap: 1 })
  await ground.hear('show.published', showId, { windows: ground.windowsOf([{ id }]), startsAt: ground.clock.now + 100 * day })
  assert.deepEqual(await ground.statuses(showId), ['called', 'called', 'waiting'])
  ground.clock.now += 1_000
  assert.equal((await ground.queue.frame({ showId })).cap, 1)
})

test('a lower cap revokes nothing and calls nobody; a higher one calls at once; each is in the audit', async () => {
  const showId = await ground.publish()
  const [first] = (await ground.crowd(showId, 5)) as [Who]
  const lower = await ground.queue.control({ showId, by: operator, cap: 1 })
  assert.deepEqual([lower.live, lower.cap], [2, 1])
  await ground.queue.leave(first)
  assert.deepEqual(await ground.statuses(showId), ['ended', 'called', 'waiting', 'waiting', 'waiting'])
  const higher = await ground.queue.control({ showId, by: operator, cap: 3, message: 'welcome' })
  assert.deepEqual([higher.live, higher.message], [3, 'welcome'])
  assert.equal((await ground.queue.control({ showId, by: operator, message: null })).message, null)
  const closed = await ground.queue.control({ showId, by: operator, close: true })
  await ground.queue.control({ showId, by: operator, close: true })
  assert.equal(closed.phase, 'closed')
  const { windowId } = closed
  const audit = await ground.db.rows(sql`select actor, action, before, after from queue.audit where target = ${showId} order by id`)
  assert.deepEqual(audit, [
    { actor: operator, action: 'line.cap', before: { cap: 2 }, after: { cap: 1 } },
    { actor: operator, action: 'line.cap', before: { cap: 1 }, after: { cap: 3 } },
    { actor: operator, action: 'line.message', before: { windowId, message: null }, after: { windowId, message: 'welcome' } },
    { actor: operator, action: 'line.message', before: { windowId, message: 'welcome' }, after: { windowId, message: null } },
    { actor: operator, action: 'line.close', before: { windowId, phase: 'open' }, after: { windowId, phase: 'closed' } },
  ])
})

test('a frame is at most a second old, and an operator’s change shows at once', async () => {
  const showId = await ground.publish()
  assert.equal((await ground.queue.frame({ showId })).last, 0)
  await ground.crowd(showId, 3)
  assert.equal((await ground.queue.frame({ showId })).last, 0)
  ground.clock.now += 1_000
  const frame = await ground.queue.frame({ showId })
  assert.deepEqual([frame.last, frame.admittedThrough, frame.live, frame.cap, frame.phase], [3, 2, 2, 2, 'open'])
  assert.equal((await ground.queue.control({ showId, by: operator, cap: 3 })).admittedThrough, 3)
  assert.equal((await ground.queue.frame({ showId })).admittedThrough, 3)
})

test('what was left behind is consistent', async () => {
  assert.deepEqual(await ground.violations(), [])
})
