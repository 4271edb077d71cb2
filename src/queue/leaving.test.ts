import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { at, type Reader } from '../platform/database.ts'
import { readShows } from './store-lines.ts'
import { leavers, livePlacesOfShow, placesOf } from './store-places.ts'
import { type Ground, openGround, type Who } from './testing.ts'

const cameAndWent = 20_000
let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 0 })
})
after(() => ground.close())

test('positions are exact wherever others left, over many blocks of numbers', async () => {
  const showId = await ground.publish()
  const fans = await ground.crowd(showId, 900)
  const gone = new Set(fans.filter((_, index) => index % 3 === 0 || (index > 300 && index < 600 && index % 50 !== 1)))
  await Promise.all([...gone].map((fan) => ground.queue.leave(fan)))
  await ground.queue.control({ showId, by: randomUUID(), cap: 100 })
  const [show] = await readShows(ground.db, [showId])
  const through = show?.lines[0]?.admittedThrough ?? 0
  assert(through > 100)
  const places = await Promise.all(fans.map((fan) => ground.queue.position(fan)))
  const waiting = places.filter(({ status }) => status === 'waiting').map(({ number }) => number).sort((a, b) => a - b)
  for (const { number, status, position } of places) if (status === 'waiting') assert.equal(position, waiting.indexOf(number), `${number}`)
  assert.deepEqual(await ground.violations(), [])
})

/** Rows of places that a read looks at. */
async function rowsRead(read: (db: Reader) => Promise<unknown>): Promise<number> {
  let rows = 0
  await read({ rows: async (query) => {
    const plan = await ground.db.rows<Record<string, string>>(sql`explain (analyze, timing off) ${query}`)
    const steps = plan.map((row) => Object.values(row)[0] ?? '')
    for (const [index, step] of steps.entries()) {
      const [, found, loops] = /on places.*actual rows=([\d.]+) loops=(\d+)/.exec(step) ?? []
      const removed = /Rows Removed by Filter: (\d+)/.exec(steps.slice(index + 1, index + 4).join('\n'))
      if (found) rows += (Number(found) + Number(removed?.[1] ?? 0)) * Number(loops)
    }
    return []
  } })
  return rows
}

test('a user who comes and goes all day makes no look at the line dearer', async () => {
  const showId = await ground.publish()
  const [restless, patient] = (await ground.crowd(showId, 1).then(async (first) => [...first, ...(await ground.crowd(showId, 1))])) as [Who, Who]
  const now = at(ground.clock.now)
  await ground.db.rows(sql`
    insert into queue.places (window_id, number, user_id, status, joined_at, ended_at, ended_reason)
    select window_id, n, ${restless.userId}, 'ended', ${now}, ${now}, 'left' from queue.lines, generate_series(3, ${cameAndWent}::int) as n where show_id = ${showId}`)
  await ground.db.rows(sql`
    insert into queue.left_blocks select window_id, number / 256, count(*) from queue.places p join queue.lines l using (window_id)
    where l.show_id = ${showId} and p.status = 'ended' group by 1, 2`)
  await ground.db.rows(sql`
    insert into queue.place_events (window_id, number, at, what, reason)
    select window_id, number, ended_at, 'ended', ended_reason from queue.places p join queue.lines l using (window_id)
    where l.show_id = ${showId} and p.status = 'ended' order by number`)
  await ground.db.rows(sql`update queue.lines set last = ${cameAndWent} where show_id = ${showId}`)
  await ground.db.rows(sql`analyze`)
  const [last] = (await ground.crowd(showId, 1)) as [Who]
  assert.equal((await ground.queue.position(last)).position, 2)
  assert.equal((await ground.queue.position(patient)).position, 1)
  assert.deepEqual(await ground.violations(), [])
  const [show] = await readShows(ground.db, [showId])
  const [line] = show?.lines ?? []
  assert(show && line)
  assert(await rowsRead((db) => leavers(db, line, [cameAndWent + 1])) <= 512)
  assert(await rowsRead((db) => placesOf(db, show, [restless.userId])) <= 4)
  assert(await rowsRead((db) => livePlacesOfShow(db as never, show, [restless.userId])) <= 4)
})
