import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { genericPlansOf } from '../platform/testing.ts'
import { createMemoryLines } from './line-memory.ts'
import { aheadBySql, loadCopy } from './positions.ts'
import { readShows } from './store-lines.ts'
import { logAfter, markOf, placesBetween } from './store-log.ts'
import { type Ground, lineRow, minute, openGround, someone, verified, type Who } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 0 })
})
after(() => ground.close())

const operator = randomUUID()
const sourcesOf = async ({ metrics }: Ground) => Object.fromEntries(
  (await metrics.registry.getMetricsAsJSON()).filter(({ name }) => name === 'openrun_line_positions_total')
    .flatMap(({ values }) => values as { labels: { source: string }; value: number }[]).map(({ labels, value }) => [labels.source, value]))

/** How many wait before each user who waits, by its definition. */
async function defined(showId: string): Promise<Map<string, number>> {
  const rows = await ground.db.rows<{ userId: string; position: number }>(sql`
    select user_id as "userId", row_number() over (order by number) - 1 as position
    from queue.places join queue.lines using (window_id) where show_id = ${showId} and status = 'waiting'`)
  return new Map(rows.map(({ userId, position }) => [userId, position]))
}

type Step = { act: 'join' | 'leave' | 'call' | 'come' | 'sleep' | 'wake' | 'lose'; share: number; count: number }
const step = fc.record({
  act: fc.constantFrom<Step['act'][]>('join', 'join', 'leave', 'leave', 'call', 'come', 'sleep', 'wake', 'lose'),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  count: fc.integer({ min: 1, max: 40 }),
})

test('over any history every process and every source gives each position as it is defined, and none ever grows', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
    let lines = createMemoryLines()
    const losing = { keptIn: 'memory' as const, markOf: (...args) => lines.markOf(...args), ahead: (...args) => lines.ahead(...args), replace: (...args) => lines.replace(...args), read: (...args) => lines.read(...args) } satisfies typeof lines
    const processes = [ground.queue, ground.second(), ground.second({ lines: losing })]
    const showId = await ground.publish()
    let fans: Who[] = await ground.crowd(showId, 30)
    const last = new Map<string, number>()
    for (const { act, share, count } of steps) {
      const some = fans.slice(Math.floor(share * fans.length), Math.floor(share * fans.length) + count)
      const queue = processes[count % processes.length] ?? ground.queue
      if (act === 'join') fans = [...fans, ...(await joined(queue, showId, count))]
      if (act === 'leave') await Promise.all(some.map((fan) => queue.leave(fan)))
      if (act === 'call') await queue.control({ showId, by: operator, cap: Math.floor(share * 40) })
      if (act === 'come') await Promise.all(some.map((fan) => queue.pass(verified(fan)).catch(() => undefined)))
      if (act === 'sleep') await ground.pass(3 * minute + 500)
      if (act === 'wake') await Promise.all(some.map((fan) => queue.wake(fan).catch(() => undefined)))
      if (act === 'lose') lines = createMemoryLines()
      const expected = await defined(showId)
      for (const asked of processes) {
        for (const [fan, place] of await Promise.all(fans.map(async (fan) => [fan, await asked.position(fan)] as const))) {
          assert.equal(place.position, expected.get(fan.userId) ?? 0)
          if (place.status === 'ended') last.delete(fan.userId)
          else {
            assert(place.position <= (last.get(fan.userId) ?? Number.POSITIVE_INFINITY), 'a position grew')
            last.set(fan.userId, place.position)
          }
        }
      }
    }
    const { stored, copy } = await ground.queue.order({ showId })
    assert.equal(copy?.hash, stored.hash)
    assert.equal(stored.waiting, (await defined(showId)).size)
  }), { numRuns: 8 })
  const sources = await sourcesOf(ground)
  assert((sources.memory ?? 0) > 1_000, 'copies counted')
  assert((sources.sql ?? 0) > 0, 'SQL counted')
})

async function joined(queue: Ground['queue'], showId: string, count: number): Promise<Who[]> {
  const fans = Array.from({ length: count }, () => someone(showId))
  await Promise.all(fans.map((fan) => queue.join(fan)))
  return fans
}

test('a join that came to nothing leaves no trace in the copy', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 3)
  await ground.run('queue.copies')
  const fan = someone(showId)
  // the database refuses the batch when it is committed, after every statement of it was done
  await ground.db.transaction((tx) => tx.script(`
    create function queue.refuse_last() returns trigger language plpgsql as $$ begin raise exception 'refused at the commit'; end $$;
    create constraint trigger refuse_last after insert on queue.places deferrable initially deferred for each row execute function queue.refuse_last()`))
  await assert.rejects(ground.queue.join(fan))
  await ground.db.transaction((tx) => tx.script('drop trigger refuse_last on queue.places; drop function queue.refuse_last()'))
  const next = await ground.queue.join(someone(showId))
  assert.deepEqual([next.place.number, next.place.position], [4, 3])
  const { stored, copy } = await ground.queue.order({ showId })
  assert.deepEqual([copy?.hash, copy?.last], [stored.hash, 4])
})

test('SQL and a copy agree wherever they are asked', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 700)
  await Promise.all(fans.filter((_, i) => i % 3 === 1 || (i > 250 && i < 600)).map((fan) => ground.queue.leave(fan)))
  await ground.queue.control({ showId, by: operator, cap: 50 })
  const line = (await readShows(ground.db, [showId]))[0]?.lines[0]
  assert(line)
  const copy = await loadCopy(ground.db, line)
  const numbers = Array.from({ length: 700 - line.admittedThrough }, (_, i) => line.admittedThrough + 1 + i)
  const bySql = await aheadBySql(ground.db, line, numbers)
  assert.deepEqual(numbers.map((number) => bySql.get(number)), numbers.map((number) => copy.ahead(number)))
})

test('lines in which somebody waits have a copy before anybody asks; a restarted process has the same order', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 50)
  await ground.queue.leave(fans[10] as Who)
  const before = await ground.queue.order({ showId })
  const restarted = ground.another()
  await restarted.run('queue.copies')
  const { sql: bySql } = await sourcesOf(ground)
  assert.equal((await restarted.queue.position(fans[30] as Who)).position, 29)
  assert.equal((await sourcesOf(ground)).sql, bySql, 'a copy was there')
  assert.equal((await restarted.queue.order({ showId })).copy?.hash, before.stored.hash)
})

test('a copy that missed more than one read brings is told all of it', async () => {
  const showId = await ground.publish()
  const [first] = await ground.crowd(showId, 2)
  assert(first)
  const { windowId } = await lineRow(ground.db, showId)
  await ground.run('queue.copies')
  const more = 45_000
  await ground.db.rows(sql`
    insert into queue.places (window_id, number, user_id, status, joined_at)
    select ${windowId}, 2 + n, gen_random_uuid(), 'waiting', now() from generate_series(1, ${more}::int) as n`)
  await ground.db.rows(sql`update queue.lines set last = last + ${more} where window_id = ${windowId}`)
  const answers = []
  for (let i = 0; i < 3; i++) answers.push((await ground.queue.join(someone(showId))).place.position)
  assert.deepEqual(answers, [2 + more, 3 + more, 4 + more])
  const { stored, copy } = await ground.queue.order({ showId })
  assert.deepEqual([copy?.last, copy?.hash], [5 + more, stored.hash])
})

test('what is new is found without reading the line, whatever was known of it when the plan was made', async () => {
  const { db } = ground
  const windowId = randomUUID()
  await db.rows(sql`analyze`)
  const plans = await genericPlansOf(db, async (reader) => {
    await logAfter(reader, windowId, { last: 1, eventId: 1 }, 10_000)
    await markOf(reader, windowId)
    await placesBetween(reader, windowId, 1, 10)
  })
  assert.doesNotMatch(plans, /Seq Scan on (places|place_events)/)
})
