import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Plan } from '../concert/api.ts'
import type { Database } from '../platform/database.ts'
import { sweep } from './clock.ts'
import { reserveMany } from './hold.ts'
import { resumeShows } from './resuming.ts'
import { type HoldGround, openHoldGround } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(async () => {
  await ground.assertSound()
  await ground.close()
})
const pausedMs = 400_000
const floor: Plan = { sections: [{ name: 'F', kind: 'standing', grade: 'F', capacity: 2_200 }] }
const untilsOf = async (showId: string) =>
  new Map((await ground.db.rows<{ id: string; until: number }>(sql`
    select id, until from seat.holds where show_id = ${showId} and ended_reason is null`)).map((row) => [row.id, row.until]))
const isPaused = async (showId: string) => (await ground.pictures.of(showId)).pausedAt !== null

/** 1,100 holds of two seats in a show that was paused for longer than they had, and is being resumed. */
async function pausedShow() {
  const showId = await ground.publish(floor)
  const users = Array.from({ length: 1_100 }, () => randomUUID())
  const wishes = users.map((userId, i) => ground.wish(showId, [i * 2 + 1, i * 2 + 2], { userId }))
  await ground.many(wishes)
  const holds = wishes.map(({ holdId, userId }) => ({ id: holdId, userId })).sort((a, b) => (a.id < b.id ? -1 : 1))
  const before = await untilsOf(showId)
  await ground.hear('show.paused', showId)
  await ground.pass(pausedMs)
  await ground.hear('show.resumed', showId, { pausedMs })
  return { showId, holds, before, moved: new Map([...before].map(([id, until]) => [id, until + pausedMs])) }
}

/** The job with something that happens before its n-th transaction, which may throw as a crash would. */
function resumeWith(before: (transaction: number) => Promise<unknown>) {
  let count = 0
  const db: Database = { ...ground.db, transaction: async (work) => {
    count += 1
    await before(count)
    return ground.db.transaction(work)
  } }
  return resumeShows({ ...ground, db })
}

test('a resumed show gives its holds the pause back in chunks; between them nothing ends, nothing is moved twice', async () => {
  const { showId, moved } = await pausedShow()
  const left: number[] = []
  await resumeWith(async () => {
    await sweep(ground)
    assert.equal(await isPaused(showId), true)
    const now = await untilsOf(showId)
    left.push([...moved].filter(([id, until]) => now.get(id) !== until).length)
  })
  assert.deepEqual(left, [1_100, 600, 100, 0])
  assert.deepEqual(await untilsOf(showId), moved)
  assert.equal(await isPaused(showId), false)
  await ground.hear('show.resumed', showId, { pausedMs })
  await resumeShows(ground)
  assert.deepEqual(await untilsOf(showId), moved)
})

test('a job that broke off is finished by the next, by two at once as well', async () => {
  const { showId, moved } = await pausedShow()
  const crash = new Error('crash')
  await assert.rejects(resumeWith(async (transaction) => {
    if (transaction === 2) throw crash
  }), crash)
  await sweep(ground)
  assert.equal((await untilsOf(showId)).size, moved.size)
  await Promise.all([resumeShows(ground), resumeShows(ground)])
  assert.deepEqual(await untilsOf(showId), moved)
  assert.equal(await isPaused(showId), false)
})

test('what is swapped, bound and made meanwhile: a successor gets the pause once, bound holds keep one end, a new hold none', async () => {
  const { showId, holds, moved } = await pausedShow()
  const [first, last] = [holds[0], holds.at(-1)]
  assert(first && last)
  const successors: string[] = []
  const fresh = { userId: randomUUID(), id: '' }
  const reservationId = randomUUID()
  await resumeWith(async (transaction) => {
    if (transaction !== 2) return
    for (const [hold, userId] of [[first, first.userId], [last, last.userId]] as const) {
      const seatId = (await ground.db.rows<{ id: number }>(sql`select seat_ids[1] as id from seat.holds where id = ${hold.id}`))[0]?.id ?? 0
      successors.push((await ground.held(showId, [seatId], { userId, replaces: hold.id })).id)
    }
    // a seat that a swap let go: made after the pause, by a user who binds it to nothing
    const free = (await ground.db.rows<{ id: number }>(sql`select id from seat.seats where show_id = ${showId} and status = 0 order by id limit 1`))[0]?.id ?? 0
    ground.clock.now += 1
    fresh.id = (await ground.held(showId, [free], { userId: fresh.userId })).id
    await reserveMany(ground, [{ reservationId, userId: last.userId, holdIds: [successors[1] ?? ''] }])
  })
  const now = await untilsOf(showId)
  assert.equal(now.get(successors[0] ?? ''), moved.get(first.id))
  assert.equal(now.get(successors[1] ?? ''), moved.get(last.id))
  assert.equal(now.get(fresh.id), ground.now() + 300_000)
})

test('holds bound together while only some had moved keep one end, no earlier than any had a right to', async () => {
  const showId = await ground.publish(floor)
  const userId = randomUUID()
  const holds = await Promise.all([[1], [2]].map((seats) => ground.held(showId, seats, { userId })))
  const ids = holds.map(({ id }) => id).sort()
  const { until } = holds[0] ?? { until: 0 }
  await ground.hear('show.paused', showId)
  await ground.pass(pausedMs)
  await ground.hear('show.resumed', showId, { pausedMs })
  await ground.db.rows(sql`
    update seat.holds set until = until + make_interval(secs => ${pausedMs / 1000}::float8),
      resumed_at = (select resuming_at from seat.shows where show_id = ${showId}) where id = ${ids[0]}`)
  await reserveMany(ground, [{ reservationId: randomUUID(), userId, holdIds: ids }])
  await resumeShows(ground)
  const ends = [...(await untilsOf(showId)).values()]
  assert.equal(ends.length, 2)
  assert.equal(new Set(ends).size, 1)
  assert((ends[0] ?? 0) >= until + pausedMs)
})

test('a show paused again before its holds had moved gives back both pauses and stays paused', async () => {
  const { showId, moved } = await pausedShow()
  await ground.hear('show.paused', showId)
  assert.deepEqual(await untilsOf(showId), moved)
  await resumeShows(ground)
  assert.equal(await isPaused(showId), true)
  await ground.pass(5_000)
  await ground.hear('show.resumed', showId, { pausedMs: 5_000 })
  await resumeShows(ground)
  assert.deepEqual(await untilsOf(showId), new Map([...moved].map(([id, until]) => [id, until + 5_000])))
})
