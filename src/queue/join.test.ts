import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { Refusal } from '../platform/outcome.ts'
import { codeOf, day, type Ground, lineRow, minute, openGround, placesOf, refused, someone } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 2 })
})
after(() => ground.close())

test('who comes while slots are free is called at once, the next waits with the number of those ahead', async () => {
  const showId = await ground.publish()
  const answers = []
  for (let n = 0; n < 4; n++) answers.push(await ground.queue.join(someone(showId)))
  assert.deepEqual(answers.map(({ created, place }) => [created, place.number, place.status, place.position]), [
    [true, 1, 'called', 0], [true, 2, 'called', 0], [true, 3, 'waiting', 0], [true, 4, 'waiting', 1],
  ])
  assert.equal(answers[0]?.place.until, ground.clock.now + 3 * minute)
  assert.equal(answers[2]?.place.until, null)
})

test('joining again, on any device, answers the same place', async () => {
  const showId = await ground.publish()
  await ground.crowd(showId, 3)
  const me = someone(showId)
  const first = await ground.queue.join(me)
  const again = await ground.queue.join({ ...me, sessionId: randomUUID() })
  assert.deepEqual([first.created, again.created], [true, false])
  assert.deepEqual(again.place, first.place)
})

test('two requests of one user in one batch make one place', async () => {
  const showId = await ground.publish()
  const me = someone(showId)
  const answers = await Promise.all([ground.queue.join(me), ground.queue.join(me), ground.queue.join(me)])
  assert.deepEqual(answers.map(({ created, place }) => [created, place.number]), [[true, 1], [false, 1], [false, 1]])
  assert.equal((await lineRow(ground.db, showId)).last, 1)
})

test('joining after the place ended makes a new one at the end', async () => {
  const showId = await ground.publish()
  const [, , third] = await ground.crowd(showId, 5)
  assert(third)
  await ground.queue.leave(third)
  const { created, place } = await ground.queue.join(third)
  assert.deepEqual([created, place.number, place.status], [true, 6, 'waiting'])
})

test('before the line opens it says when, whoever asks', async () => {
  const opensAt = ground.clock.now + minute
  const showId = await ground.publish([{ opensAt }])
  const { code, params } = await refused(ground.queue.join(someone(showId)))
  assert.deepEqual([code, params.opensAt], ['line_not_open', new Date(opensAt).toISOString()])
  assert.equal((await lineRow(ground.db, showId)).last, 0)
})

test('at the on-sale nobody waits for the job: joining opens the line, which is a new epoch', async () => {
  const showId = await ground.publish([{ opensAt: ground.clock.now + minute }])
  ground.clock.now += minute
  assert.equal((await lineRow(ground.db, showId)).phase, 'announced')
  assert.equal((await ground.queue.join(someone(showId))).place.phase, 'open')
  assert.deepEqual([(await lineRow(ground.db, showId)).phase, (await lineRow(ground.db, showId)).epoch], ['open', 1])
})

test('a line is closed half a second after its end, never early, and joining closes it if the job is late', async () => {
  const closesAt = ground.clock.now + minute
  const showId = await ground.publish([{ closesAt }])
  ground.clock.now = closesAt + 499
  await ground.queue.join(someone(showId))
  ground.clock.now = closesAt + 500
  assert.equal(await codeOf(ground.queue.join(someone(showId))), 'line_closed')
  assert.equal((await lineRow(ground.db, showId)).phase, 'closed')
})

test('who has a place in a closed line is answered with it', async () => {
  const closesAt = ground.clock.now + minute
  const showId = await ground.publish([{ closesAt }])
  const me = someone(showId)
  await ground.queue.join(me)
  ground.clock.now = closesAt + 500
  assert.deepEqual([(await ground.queue.join(me)).created, (await ground.queue.join(me)).place.number], [false, 1])
})

test('a window for codes needs one of its codes, compared without case and outer blanks', async () => {
  const id = randomUUID()
  const showId = await ground.publish([{ id, codes: ['ARMY-1', 'ARMY-2'] }])
  assert.equal(await codeOf(ground.queue.join(someone(showId))), 'code_required')
  assert.equal(await codeOf(ground.queue.join({ ...someone(showId), code: 'ARMY-3' })), 'code_wrong')
  const me = someone(showId)
  assert.equal((await ground.queue.join({ ...me, code: ' army-2 ' })).place.number, 1)
  assert.equal((await ground.queue.join(me)).created, false)
})

test('a code of one window does not open another, and codes taken back open nothing', async () => {
  const first = { id: randomUUID(), codes: ['A'] }
  const showId = await ground.publish([first])
  const other = await ground.publish([{ codes: ['B'] }])
  assert.equal(await codeOf(ground.queue.join({ ...someone(other), code: 'A' })), 'code_wrong')
  await ground.hear('show.windows_changed', showId, { windows: ground.windowsOf([{ ...first, codes: ['C'] }]) })
  assert.equal(await codeOf(ground.queue.join({ ...someone(showId), code: 'A' })), 'code_wrong')
  assert.equal((await ground.queue.join({ ...someone(showId), code: 'C' })).created, true)
})

test('a show nobody knows is unknown; one that seat knows or prepares is being prepared', async () => {
  const showId = randomUUID()
  const who = someone(showId)
  const calls = () => [ground.queue.join(who), ground.queue.position(who), ground.queue.frame({ showId }), ground.queue.leave(who)]
  assert.deepEqual(await Promise.all(calls().map(codeOf)), Array(4).fill('show_unknown'))
  ground.seat.shows.add(showId)
  assert.deepEqual(await Promise.all(calls().map(codeOf)), Array(4).fill('show_preparing'))
  ground.seat.fails = new Refusal('show_preparing', { retryAfterSeconds: 2 })
  assert.deepEqual(await refused(ground.queue.join(who)), { code: 'show_preparing', params: { retryAfterSeconds: 2 } })
  ground.seat.fails = undefined
})

test('a refused stranger in a batch does not spoil it for the others', async () => {
  const showId = await ground.publish([{ codes: ['X'] }])
  const calls = Array.from({ length: 20 }, (_, n) => ground.queue.join({ ...someone(showId), ...(n % 2 ? { code: 'X' } : {}) }))
  const settled = await Promise.allSettled(calls)
  assert.deepEqual(settled.map((s) => s.status), Array.from({ length: 20 }, (_, n) => (n % 2 ? 'fulfilled' : 'rejected')))
  assert.deepEqual((await placesOf(ground.db, showId)).map((p) => p.number), Array.from({ length: 10 }, (_, n) => n + 1))
})

test('2,000 joins over two replicas: numbers are 1…2,000 without gap or double and commit in their order', async () => {
  const showId = await ground.publish()
  const replicas = [ground.queue, ground.second()]
  const fans = Array.from({ length: 2_000 }, () => someone(showId))
  const again = fans.filter((_, n) => n % 10 === 0) // their second device goes to the other replica
  let done = false
  const looks = (async () => {
    let seen = 0
    while (!done) {
      const [row] = await ground.db.rows<{ places: number; highest: number; last: number }>(sql`
        select count(*) as places, coalesce(max(p.number), 0) as highest, (select sum(last) from queue.lines where show_id = ${showId}) as last
        from queue.places p join queue.lines l on l.window_id = p.window_id where l.show_id = ${showId}`)
      assert(row && row.places === row.highest && row.highest === row.last, JSON.stringify(row))
      seen++
    }
    return seen
  })()
  const joins = [...fans.map((fan, n) => replicas[n % 2]?.join(fan)), ...again.map((fan) => replicas[1]?.join(fan))]
  const answers = await Promise.all(joins)
  done = true
  assert((await looks) > 0)
  const numbers = answers.slice(0, 2_000).map((answer) => answer?.place.number ?? 0)
  assert.deepEqual(numbers.toSorted((a, b) => a - b), Array.from({ length: 2_000 }, (_, n) => n + 1))
  assert.equal(answers.filter((answer) => answer?.created).length, 2_000)
  for (const [index, fan] of again.entries()) assert.equal(answers[2_000 + index]?.place.number, numbers[fans.indexOf(fan)])
  assert.equal((await lineRow(ground.db, showId)).live, 2)
  assert.deepEqual(await ground.violations(), [])
})

test('joins of one replica are numbered in the order they came', async () => {
  const showId = await ground.publish()
  const answers = await Promise.all(Array.from({ length: 500 }, () => ground.queue.join(someone(showId))))
  assert.deepEqual(answers.map((answer) => answer.place.number), Array.from({ length: 500 }, (_, n) => n + 1))
})

test('who comes while two windows touch stands in the second', async () => {
  const middle = ground.clock.now + minute
  const showId = await ground.publish([{ closesAt: middle }, { opensAt: middle, closesAt: middle + day }])
  const early = someone(showId)
  await ground.queue.join(early)
  ground.clock.now = middle
  const { place } = await ground.queue.join(someone(showId))
  assert.deepEqual([place.number, place.phase], [1, 'open'])
  assert.deepEqual((await placesOf(ground.db, showId)).map((p) => p.number), [1, 1])
})
