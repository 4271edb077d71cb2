import assert from 'node:assert/strict'
import { afterEach, mock, test } from 'node:test'
import { openClock } from '../src/platform/clock.ts'
import type { Database } from '../src/platform/database.ts'

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
