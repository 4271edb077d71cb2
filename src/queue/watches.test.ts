import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { codeOf, day, type Ground, minute, openGround, refused, someone, type Who } from './testing.ts'
import { watchLimits } from './watch-api.ts'

let ground: Ground
before(async () => {
  ground = await openGround({ capDefault: 1 })
})
after(async () => {
  assert.deepEqual(await ground.violations(), [])
  await ground.close()
})

type Wish = { grade?: string; quantity?: number; together?: boolean; id?: string }
const watch = ({ showId, userId }: Who, { grade, quantity = 2, together = true, id = randomUUID() }: Wish = {}) =>
  ground.queue.watch({ id, showId, userId, quantity, together, ...(grade === undefined ? {} : { grade }) })
const mine = async ({ userId }: Who) => (await ground.queue.watches({ userId })).watches

test('the hopeless are told with figures, and keep their place', async () => {
  const showId = await ground.publish()
  await ground.stock(showId, { available: 50 })
  const fans = await ground.crowd(showId, 300)
  const [near, far] = [fans[2], fans.at(-1)] as [Who, Who]
  const place = await ground.queue.position(far)
  assert.deepEqual([place.hopeless, place.seatsLeft, place.position], [true, 50, 298])
  assert.deepEqual([(await ground.queue.position(near)).hopeless, (await ground.queue.join(far)).created], [false, false])
  await ground.stock(showId, { available: 1_000 })
  assert.deepEqual([(await ground.queue.position(far)).hopeless, (await ground.queue.position(far)).number], [false, place.number], 'seats came back')
  await ground.stock(showId, { available: 0, total: 1_000, state: 'all_held' })
  assert.equal((await ground.queue.position(far)).hopeless, false, 'what is only held may come back')
})

test('a watch is ranked by the place its user had, not by when it was made, also after leaving', async () => {
  const showId = await ground.publish()
  const [, second, third] = (await ground.crowd(showId, 3)) as [Who, Who, Who]
  const stranger = someone(showId)
  await watch(stranger)
  await watch(third)
  ground.clock.now += minute
  await watch(second)
  const placeOf = async (who: Who) => (await mine(who))[0]?.place
  const seen = [await placeOf(second), await placeOf(third), await placeOf(stranger)]
  assert.deepEqual(seen.map((place) => place && [place.number, place.rank]), [[2, 2], [3, 3], null])
  await ground.queue.leave(second)
  assert.deepEqual(await placeOf(second), seen[0], 'stay or go: the place counts either way')
  await ground.queue.join(second)
  await watch(second, { quantity: 4 })
  assert.deepEqual([await placeOf(second), (await mine(second))[0]?.quantity], [seen[0], 4], 'changed, it keeps its order')
})

test('a place of a lobby ranks a watch by the draw', async () => {
  const showId = await ground.publish([{ lobbyOpensAt: ground.clock.now, opensAt: ground.clock.now + 5 * minute }])
  const [fan] = (await ground.crowd(showId, 40)) as [Who]
  await watch(fan)
  assert.deepEqual((await mine(fan))[0]?.place?.rank, null)
  for (let waited = 0; waited < 6; waited++) {
    await ground.pass(minute)
    await ground.settle()
  }
  const { number, rank } = await ground.queue.position(fan)
  assert.notEqual(rank, null)
  assert.deepEqual([(await mine(fan))[0]?.place?.number, (await mine(fan))[0]?.place?.rank], [number, rank])
})

test('one for each show and grade: asked again, by any request, it is the same watch; it says what can be had now', async () => {
  const showId = await ground.publish()
  await ground.stock(showId, { available: 3 })
  const fan = someone(showId)
  const id = randomUUID()
  const first = await watch(fan, { id, grade: 'R' })
  assert.deepEqual([first.created, first.watch.id, first.watch.grade, first.watch.seatsLeft, first.watch.over], [true, id, 'R', 3, false])
  const same = await Promise.all(Array.from({ length: 20 }, () => watch(fan, { grade: 'R' })))
  assert.deepEqual(new Set(same.map((one) => `${one.created} ${one.watch.id}`)), new Set([`false ${id}`]))
  assert.deepEqual((await watch(fan)).watch.seatsLeft, 3, 'any grade is another watch')
  assert.deepEqual(new Set((await mine(fan)).map(({ grade }) => grade)), new Set([undefined, 'R']))
  assert.equal(await codeOf(watch(someone(showId), { id, grade: 'R' })), 'idempotency_conflict')
  assert.deepEqual(await refused(watch(fan, { grade: 'X' })), { code: 'watch_grade_unknown', params: { grades: ['R'] } })
})

test('a watch is its user’s: nobody else sees or deletes it; deleted, it is gone and its order with it', async () => {
  const showId = await ground.publish()
  const [fan] = (await ground.crowd(showId, 1)) as [Who]
  const other = someone(showId)
  const { watch: own } = await watch(fan)
  assert.equal(await codeOf(ground.queue.unwatch({ id: own.id, userId: other.userId })), 'watch_unknown')
  assert.deepEqual([await mine(other), (await mine(fan)).length], [[], 1])
  await ground.queue.unwatch({ id: own.id, userId: fan.userId })
  assert.deepEqual(await mine(fan), [])
  assert.equal(await codeOf(ground.queue.unwatch({ id: own.id, userId: fan.userId })), 'watch_unknown')
  await ground.queue.leave(fan)
  assert.equal((await watch(fan)).watch.place, null)
})

test('the number of watches has a limit that parallel requests keep; an unknown show and one that is over have none', async () => {
  const userId = randomUUID()
  const shows: string[] = []
  for (let i = 0; i < watchLimits.watchesMax + 2; i++) shows.push(await ground.publish())
  const answers = await Promise.allSettled(shows.map((showId) => watch({ ...someone(showId), userId })))
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, watchLimits.watchesMax)
  assert.equal((await ground.queue.watches({ userId })).watches.length, watchLimits.watchesMax)
  assert.equal(await codeOf(watch(someone(randomUUID()))), 'show_unknown')
  const fan = someone(shows[0] ?? '')
  await watch(fan)
  await ground.hear('show.cancelled', fan.showId, { reason: 'storm' })
  assert.deepEqual([await codeOf(watch(someone(fan.showId))), (await mine(fan))[0]?.over], ['watch_over', true])
})

test('watches go with the account, and thirty days after their show', async () => {
  const showId = await ground.publish([{}], ground.clock.now + 2 * day)
  const [erased, kept] = [someone(showId), someone(showId)]
  for (const fan of [erased, kept]) await watch(fan)
  await ground.hear('user.erased', erased.userId, { userId: erased.userId })
  assert.deepEqual([await mine(erased), (await mine(kept)).length], [[], 1])
  ground.clock.now += 31 * day
  await ground.run('queue.watches')
  assert.equal((await mine(kept)).length, 1)
  ground.clock.now += 2 * day
  await ground.run('queue.watches')
  assert.deepEqual(await mine(kept), [])
})

