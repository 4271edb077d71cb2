import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Reader } from '../platform/database.ts'
import { genericPlansOf } from '../platform/testing.ts'
import type { Show } from './line.ts'
import * as clock from './store-clock.ts'
import * as draws from './store-draws.ts'
import * as lines from './store-lines.ts'
import * as passes from './store-passes.ts'
import * as places from './store-places.ts'
import * as resuming from './store-resuming.ts'
import { day, type Ground, minute, openGround } from './testing.ts'

const linesMax = 200
const waiting = 20_000
const slots = { woken: 1, waiting: 2 }
let ground: Ground
let show: Show
before(async () => {
  ground = await openGround({ capDefault: 0 })
  show = await longLine()
})
after(() => ground.close())

/** One long line from which nobody was called yet, beside many short ones, and statistics of that moment. */
async function longLine(): Promise<Show> {
  const long = await ground.publish()
  await ground.db.rows(sql`
    with others as (
      insert into queue.shows (show_id, status, cap) select gen_random_uuid(), 'published', 0 from generate_series(1, ${linesMax}::int) returning show_id)
    insert into queue.lines (window_id, show_id, phase, opens_at, closes_at, audience)
    select gen_random_uuid(), show_id, 'open', ${at(ground.clock.now)}, ${at(ground.clock.now + day)}, 'everyone' from others`)
  await ground.db.rows(sql`
    insert into queue.places (window_id, number, user_id, status, joined_at)
    select l.window_id, n, gen_random_uuid(), 'waiting', ${at(ground.clock.now)} from queue.lines l, generate_series(1, ${waiting}::int) as n
    where l.show_id = ${long}`)
  await ground.db.rows(sql`update queue.lines set last = ${waiting} where show_id = ${long}`)
  await ground.db.rows(sql`update queue.lines set live = 1`)
  await ground.db.rows(sql`analyze`)
  const [read] = await lines.readShows(ground.db, [long])
  assert(read)
  return read
}

const planOf = (ask: (db: Reader) => Promise<unknown>) => genericPlansOf(ground.db, ask)

test('no job reads a whole line to find what is due, whatever was known of the line when its plan was made', async () => {
  const now = ground.clock.now
  const [line] = show.lines
  assert(line)
  const asks: Record<string, (db: Reader) => Promise<unknown>> = {
    showsOverdue: (db) => clock.showsOverdue(db, now, 200),
    showsBetween: (db) => clock.showsBetween(db, now, now + minute, 200),
    graceDeadlines: (db) => clock.graceDeadlines(db as never, show, now, now + minute, 1_000),
    moveDeadlines: (db) => resuming.moveDeadlines(db as never, show, { showId: show.showId, resumeNo: 1, byMs: 1 }, now, 1_000),
    endOverdue: (db) => places.endOverdue(db as never, [line.windowId], now, now, 1_000),
    showsToAdmit: (db) => lines.showsToAdmit(db, 200),
    callNext: (db) => places.callNext(db as never, line, { through: 100, numbers: undefined }, 10, slots, now),
    callDrawn: (db) => places.callNext(db as never, line, { through: 100, numbers: [1, 2, 3] }, 10, slots, now),
    rankPlaces: (db) => draws.rankPlaces(db as never, line.windowId, [1, 2], [2, 1]),
    roster: (db) => draws.roster(db, line.windowId, 1, 4_096),
    passesToEnd: (db) => passes.passesToEnd(db, 500),
    placesIn: (db) => places.placesIn(db as never, line.windowId, ['waiting', 'asleep', 'woken'], 1_000),
    leavers: (db) => places.leavers(db, line, [10_000]),
    livePlacesOfShow: (db) => places.livePlacesOfShow(db as never, show, [randomUUID()]),
    placesOf: (db) => places.placesOf(db, show, [randomUUID()]),
  }
  for (const [name, ask] of Object.entries(asks)) assert.doesNotMatch(await planOf(ask), /Seq Scan on places/, name)
})
