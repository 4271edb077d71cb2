import assert from 'node:assert/strict'
import { afterEach, mock, test } from 'node:test'
import { openClock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/database.ts'
import { openSystem } from './system.ts'

/** This machine's monotonic clock, moved by hand. */
const local = { now: 0 }
const database = { now: Date.parse('2027-03-01T11:00:00Z') }
const elapse = (ms: number) => {
  local.now += ms
  database.now += ms
}
/** A database of its own clock that takes this long to answer, the same there and back. */
const answeringIn = (ms: number) => ({
  engine: 'postgres',
  rows: async () => {
    elapse(ms / 2)
    const seen = { ms: database.now }
    elapse(ms / 2)
    return [seen]
  },
}) as unknown as Database

const openedOn = (db: Database) => {
  mock.method(performance, 'now', () => local.now)
  return openClock(db)
}
afterEach(() => mock.restoreAll())

test('time is the database\'s, whatever this machine believes, and a process in more than 250 ms of doubt is not ready', async () => {
  const near = await openedOn(answeringIn(20))
  assert.deepEqual([near.now(), near.ready()], [database.now, true])
  elapse(3_600_000)
  assert.equal(near.now(), database.now)
  assert.equal(near.ready(), false, 'an hour without a measurement is doubt, too')
  near.close()
  const far = await openedOn(answeringIn(600))
  assert.ok(far.doubtMs() >= 300 && !far.ready())
  far.close()
})

test('pages count down by the clock that deadlines are kept by: it is the Date of every answer, refusals too', async (t) => {
  const world = await openSystem()
  t.after(() => world.close())
  world.time.now = Date.parse('2031-05-04T03:02:01.900Z')
  for (const [path, status] of [['/api/concerts', 200], ['/api/wallet', 401]] as const) {
    const answer = await world.send('GET', path)
    assert.deepEqual([answer.status, answer.headers.date], [status, 'Sun, 04 May 2031 03:02:01 GMT'])
  }
  world.time.now += 100
  assert.equal((await world.send('GET', '/api/concerts')).headers.date, 'Sun, 04 May 2031 03:02:02 GMT')
})
