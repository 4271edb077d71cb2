import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { codeOf, type Ground, lineRow, minute, openGround, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 3 })
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})
const by = randomUUID()
const control = (showId: string, change: Record<string, unknown>) => ground.queue.control({ showId, by, ...change })
const actsOf = async (showId: string) =>
  (await ground.queue.audit({ at: ground.clock.now + 1, id: 0, target: showId, limit: 100 })).acts.map(({ id: _, at: __, ...act }) => act)
const logOf = (showId: string) =>
  ground.db.rows<{ what: string; detail: Record<string, unknown> }>(sql`select what, detail from queue.show_events where show_id = ${showId} order by id`)

test('every change is in the audit with before and after, and in the log everybody may read; what stays leaves nothing', async () => {
  const showId = await ground.publish()
  const { windowId } = await lineRow(ground.db, showId)
  await control(showId, { cap: 5, ratePerMinute: 600 })
  await control(showId, { cap: 5, message: 'a moment', workBits: 10 })
  await control(showId, { close: true, ratePerMinute: null })
  await control(showId, { close: true })
  const act = (action: string, before: object, after: object) => ({ actor: by, target: showId, action, before, after })
  assert.deepEqual(await actsOf(showId), [
    act('line.close', { windowId, phase: 'open' }, { windowId, phase: 'closed' }),
    act('line.rate', { ratePerMinute: 600 }, { ratePerMinute: null }),
    act('line.message', { windowId, message: null }, { windowId, message: 'a moment' }),
    act('line.work', { workBits: 0 }, { workBits: 10 }),
    act('line.rate', { ratePerMinute: null }, { ratePerMinute: 600 }),
    act('line.cap', { cap: 3 }, { cap: 5 }),
  ])
  assert.deepEqual((await logOf(showId)).map(({ what }) => what), ['cap', 'cap', 'rate', 'work', 'message', 'rate', 'closed'])
})

test('neither the audit nor the log can be changed or taken away', async () => {
  const showId = await ground.publish()
  await control(showId, { cap: 4 })
  for (const table of [sql`queue.audit`, sql`queue.show_events`]) {
    await assert.rejects(ground.db.rows(sql`delete from ${table}`), /append-only/)
    await assert.rejects(ground.db.rows(sql`update ${table} set at = now()`), /append-only/)
  }
  assert.equal((await actsOf(showId)).length, 1)
})

test('a rate lets so many in a minute, in small steps, whatever the cap; without it the cap alone decides', async () => {
  const showId = await ground.publish()
  await control(showId, { cap: 0 })
  await ground.crowd(showId, 200)
  await control(showId, { cap: 1_000, ratePerMinute: 120 })
  const through = async () => (await lineRow(ground.db, showId)).admittedThrough
  assert.equal(await through(), 0, 'a new rate begins empty')
  const seen: number[] = []
  for (let i = 0; i < 30; i++) {
    ground.clock.now += 1_000
    await ground.run('queue.admit')
    await ground.run('queue.admit')
    seen.push(await through())
  }
  assert.deepEqual(seen.slice(0, 3), [2, 4, 6])
  assert.equal(seen.at(-1), 60)
  ground.clock.now += 10 * minute
  await ground.run('queue.admit')
  assert.equal(await through(), 62, 'time without calls is not saved up')
  await control(showId, { ratePerMinute: null })
  assert.equal(await through(), 200)
})

test('what a pause would stop and a close would end is counted before it is confirmed', async () => {
  const showId = await ground.publish()
  const [first] = (await ground.crowd(showId, 8)) as [Who]
  await ground.queue.pass(verified(first))
  ground.seat.holds.set(showId, 7)
  assert.deepEqual(await ground.queue.clocks({ showId }), { turns: 2, passes: 1, holds: 7, waiting: 5 })
  assert.equal(await codeOf(ground.queue.clocks({ showId: randomUUID() })), 'show_unknown')
})

test('a pause calls nobody and says so; both ends are in the log', async () => {
  const showId = await ground.publish()
  await ground.hear('show.paused', showId)
  await ground.crowd(showId, 2)
  const frame = await ground.queue.frame({ showId })
  assert.deepEqual([frame.paused, frame.reason, frame.live], [true, 'paused: operator', 0])
  await ground.hear('show.resumed', showId, { pausedMs: 5 })
  assert.equal((await lineRow(ground.db, showId)).live, 2)
  assert.deepEqual((await logOf(showId)).map(({ what }) => what), ['cap', 'paused', 'resumed'])
})
