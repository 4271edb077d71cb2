import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { type Ground, minute, openGround, someone, verified, type Who } from './testing.ts'

const many = 2_500
let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: many })
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})

/** So many called, whose turns run for three minutes more, and one who waits; the show is paused after a minute, for another. */
async function paused() {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, many + 1)
  for (let round = 0; round < 4; round++) await ground.run('queue.admit')
  const untils = await untilsOf(showId)
  assert.equal(untils.length, many)
  await ground.pass(minute)
  await ground.hear('show.paused', showId)
  await ground.pass(minute)
  return { showId, until: untils[0] ?? 0, inTurn: fans[0] as Who, last: fans.at(-1) as Who }
}

const untilsOf = async (showId: string) =>
  (await ground.db.rows<{ until: number }>(sql`
    select p.until from queue.places p join queue.lines l using (window_id) where l.show_id = ${showId} and p.until is not null order by p.number`)).map(({ until }) => until)
const movedOf = async (showId: string, until: number) => (await untilsOf(showId)).filter((one) => one === until + minute).length
const isPaused = async (showId: string) => (await ground.queue.frame({ showId })).paused

test('a resumed show gives the pause back in chunks; between them it is paused: nobody is called, nothing ends, nothing moves twice', async () => {
  const { showId, until, inTurn, last } = await paused()
  await ground.hear('show.resumed', showId, { pausedMs: minute })
  assert.deepEqual([await movedOf(showId, until), await isPaused(showId)], [1_000, true])
  await ground.queue.leave(inTurn)
  ground.clock.now += 2 * minute
  await ground.pass(0)
  assert.deepEqual([(await untilsOf(showId)).length, (await ground.queue.position(last)).status], [many - 1, 'waiting'], 'what ran out meanwhile is not ended, what is free not given on')
  await Promise.all([ground.run('queue.resume'), ground.another().run('queue.resume')])
  const untils = await untilsOf(showId)
  assert.deepEqual([await isPaused(showId), (await ground.queue.position(last)).status, untils.length], [false, 'called', many])
  const least = ground.clock.now + minute
  assert.deepEqual([...new Set(untils.slice(0, -1))].sort(), [until + minute, least].sort(), 'each has the pause once, or a minute')
  await ground.run('queue.resume')
  assert.deepEqual(await untilsOf(showId), untils)
})

test('a show that is paused again before all have moved gives the first pause back whole, and the second one after it', async () => {
  const { showId, until, inTurn } = await paused()
  await ground.hear('show.resumed', showId, { pausedMs: minute })
  await ground.hear('show.paused', showId)
  assert.deepEqual([await movedOf(showId, until), await isPaused(showId)], [many, true])
  await ground.run('queue.resume')
  assert.equal(await isPaused(showId), true, 'the second pause goes on')
  await ground.pass(minute)
  await ground.hear('show.resumed', showId, { pausedMs: minute })
  await ground.run('queue.resume')
  assert.deepEqual([...new Set(await untilsOf(showId))].filter((one) => one !== until + 2 * minute), [], 'no other end')
  assert.equal((await ground.queue.pass(verified(inTurn))).renewed, false)
  assert.equal((await ground.queue.join(someone(showId))).place.status, 'waiting')
})

test('a show withdrawn in the middle of it is not paused when it is published again, and nothing is left to be moved', async () => {
  const { showId } = await paused()
  await ground.hear('show.resumed', showId, { pausedMs: minute })
  await ground.hear('show.withdrawn', showId)
  await ground.run('queue.resume')
  assert.deepEqual(await ground.db.rows(sql`select 1 as one from queue.shows where resuming_by_ms is not null`), [])
  await ground.hear('show.published', showId, { windows: ground.windowsOf([{}]), startsAt: ground.clock.now + 1_000 * minute })
  await ground.run('queue.phases')
  assert.equal(await isPaused(showId), false)
})
