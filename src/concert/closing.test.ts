import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { assertSound, codeOf, concertNamed, day, general, type Ground, hall, openGround, publishedShow, readyShow, startedAt, times } from './testing.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
afterEach(() => {
  ground.clock.now = startedAt
  return assertSound(ground)
})
after(() => ground.close())

const statusOf = async (showId: string) => (await ground.api.show({ showId })).status
const shownTo = (showId: string) => ground.api.showDetail({ showId, viewer: ground.organiser })
const namesTold = async (showId: string) => (await ground.told(showId)).map(({ name }) => name)
const concertOf = (concertId: string) => ground.api.concert({ concertId })

test('a draft is deleted at once and tells nobody', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  assert.deepEqual(await api.deleteShow({ by, showId }), { deleted: true })
  assert.equal(await codeOf(shownTo(showId)), 'show_unknown')
  assert.equal(await statusOf(showId), 'deleted', 'other services still find what they refer to')
  assert.equal(await codeOf(api.publish({ by, showId })), 'show_unknown')
  assert.deepEqual(await ground.told(showId), [])
})

test('unpublishing asks seat: emptied makes it a draft again, which may change and be published anew', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  assert.equal((await api.unpublish({ by, showId })).status, 'closing')
  assert.equal((await api.unpublish({ by, showId })).status, 'closing')
  assert.deepEqual((await ground.told(showId)).at(-1)?.data, { showId, purpose: 'unpublish' })
  assert.equal(await codeOf(api.setPlan({ by, showId, plan: hall })), 'show_not_draft')
  assert.equal(await codeOf(api.publish({ by, showId })), 'show_not_draft')
  assert.equal(await codeOf(api.deleteShow({ by, showId })), 'show_not_published')
  assert.equal(await codeOf(api.cancelShow({ by, showId, reason: 'x' })), 'show_not_published')
  await ground.seatSays('seat.emptied', [showId], { purpose: 'unpublish' })
  assert.equal((await shownTo(showId)).status, 'draft')
  assert.equal(await codeOf(api.showDetail({ showId })), 'show_unknown')
  assert.equal((await api.setPlan({ by, showId, plan: hall })).planVersion, 2)
  await api.publish({ by, showId })
  const told = await ground.told(showId)
  assert.deepEqual(told.map(({ name }) => name), ['show.published', 'show.closing', 'show.withdrawn', 'show.published'])
  assert.deepEqual(told.map(({ version }) => version), [1, 2, 3, 4])
  assert.equal(told[3]?.data.planVersion, 2)
})

test('unpublishing a show with buyers: it sells on and says concert_has_buyers', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  await api.unpublish({ by, showId })
  await ground.seatSays('seat.occupied', [showId], { purpose: 'unpublish' })
  const show = await shownTo(showId)
  assert.deepEqual([show.status, show.closingResult], ['published', 'concert_has_buyers'])
  assert.deepEqual(await namesTold(showId), ['show.published', 'show.closing', 'show.reopened'])
  assert.equal((await api.unpublish({ by, showId })).closingResult, null, 'another attempt starts clean')
  await ground.seatSays('seat.emptied', [showId], { purpose: 'unpublish' })
  assert.equal((await shownTo(showId)).status, 'draft')
})

test('deleting a published show waits for seat', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  assert.deepEqual(await api.deleteShow({ by, showId }), { deleted: false })
  assert.deepEqual(await api.deleteShow({ by, showId }), { deleted: false })
  assert.equal(await codeOf(api.unpublish({ by, showId })), 'show_not_published')
  await ground.seatSays('seat.occupied', [showId], { purpose: 'delete' })
  assert.equal((await shownTo(showId)).closingResult, 'concert_has_buyers')
  await api.deleteShow({ by, showId })
  await ground.seatSays('seat.emptied', [showId], { purpose: 'delete' })
  assert.equal(await statusOf(showId), 'deleted')
  assert.deepEqual(await namesTold(showId), ['show.published', 'show.closing', 'show.reopened', 'show.closing', 'show.withdrawn'])
})

test('an answer of seat that nobody waits for changes nothing', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  await ground.seatSays('seat.emptied', [showId], { purpose: 'delete' })
  await api.unpublish({ by, showId })
  await ground.seatSays('seat.emptied', [showId], { purpose: 'delete' })
  await ground.seatSays('seat.occupied', [showId], { purpose: 'delete' })
  await ground.seatSays('seat.emptied', [crypto.randomUUID()], { purpose: 'delete' })
  assert.equal(await statusOf(showId), 'closing')
  await ground.seatSays('seat.occupied', [showId], { purpose: 'unpublish' })
  await ground.seatSays('seat.emptied', [showId], { purpose: 'unpublish' })
  assert.equal(await statusOf(showId), 'published')
})

/** A concert with a draft and two published shows. */
async function tour() {
  const { id: concertId } = await concertNamed(ground, '전국 투어')
  const draft = await readyShow(ground, { concertId, startsAt: times.startsAt + 5 * day })
  const first = await publishedShow(ground, { concertId })
  const second = await publishedShow(ground, { concertId, startsAt: times.startsAt + day })
  return { concertId, draft: draft.id, first: first.id, second: second.id }
}

test('a concert goes when all its shows are emptied, not before (G12: nobody is orphaned)', async () => {
  const { api, organiser: by } = ground
  const { concertId, draft, first, second } = await tour()
  assert.deepEqual(await api.deleteConcert({ by, concertId }), { deleted: false })
  assert.deepEqual(await api.deleteConcert({ by, concertId }), { deleted: false })
  assert.equal((await concertOf(concertId)).closing, true)
  const refused = [
    api.createShow({ by, concertId, ...times }), api.publish({ by, showId: draft }), api.unpublish({ by, showId: first }),
    api.deleteShow({ by, showId: first }), api.setWindows({ by, showId: draft, windows: [general] }),
    api.updateConcert({ by, concertId, title: 'x', venue: 'y' }),
  ]
  assert.deepEqual(new Set(await Promise.all(refused.map(codeOf))), new Set(['concert_closing']))
  assert.deepEqual((await ground.told(second)).at(-1)?.data, { showId: second, purpose: 'delete' })
  await ground.seatSays('seat.emptied', [first], { purpose: 'delete' })
  assert.deepEqual([await statusOf(first), await statusOf(draft)], ['closing', 'draft'])
  await ground.seatSays('seat.emptied', [second], { purpose: 'delete' })
  assert.equal(await codeOf(concertOf(concertId)), 'concert_unknown')
  assert.deepEqual(await Promise.all([first, second, draft].map(statusOf)), ['deleted', 'deleted', 'deleted'])
  assert.deepEqual(await namesTold(first), ['show.published', 'show.closing', 'show.withdrawn'])
})

for (const order of ['emptied first', 'occupied first'] as const)
  test(`one show with buyers keeps its whole concert: the emptied one is published again (${order})`, async () => {
    const { api, organiser: by, operator } = ground
    const { concertId, draft, first, second } = await tour()
    await api.pauseShow({ by: operator, showId: first })
    await api.deleteConcert({ by, concertId })
    const answers = [() => ground.seatSays('seat.emptied', [first], { purpose: 'delete' }), () => ground.seatSays('seat.occupied', [second], { purpose: 'delete' })]
    for (const answer of order === 'emptied first' ? answers : answers.reverse()) await answer()
    const concert = await concertOf(concertId)
    assert.deepEqual([concert.closing, concert.closingResult], [false, 'concert_has_buyers'])
    assert.deepEqual(await Promise.all([first, second, draft].map(statusOf)), ['published', 'published', 'draft'])
    assert.deepEqual(await namesTold(first), ['show.published', 'show.paused', 'show.closing', 'show.published', 'show.paused'])
    assert.deepEqual(await namesTold(second), ['show.published', 'show.closing', 'show.reopened'])
    const [published] = await ground.told(first)
    assert.deepEqual((await ground.told(first))[3]?.data, published?.data, 'it is told as it was')
    assert.deepEqual(await api.deleteConcert({ by, concertId }), { deleted: false })
    await ground.seatSays('seat.emptied', [first, second], { purpose: 'delete' })
    assert.equal(await codeOf(concertOf(concertId)), 'concert_unknown')
  })

test('a show that was being unpublished when its concert is deleted goes with it', async () => {
  const { api, organiser: by } = ground
  const { concertId, first, second } = await tour()
  await api.unpublish({ by, showId: first })
  await api.deleteConcert({ by, concertId })
  await ground.seatSays('seat.emptied', [second], { purpose: 'delete' })
  await ground.seatSays('seat.emptied', [first], { purpose: 'unpublish' })
  assert.equal(await codeOf(concertOf(concertId)), 'concert_unknown')
  assert.equal(await statusOf(first), 'deleted')
})

test('a concert of cancelled shows may be deleted; the shows are kept for their buyers', async () => {
  const { api, organiser: by } = ground
  const { id: showId, concertId } = await publishedShow(ground)
  await api.cancelShow({ by, showId, reason: '태풍' })
  assert.deepEqual(await api.deleteConcert({ by, concertId }), { deleted: true })
  assert.equal((await api.showDetail({ showId })).status, 'cancelled')
})

test('a show that closes for more than a minute is a violation', async () => {
  const { api, organiser: by, db, clock } = ground
  const { concertChecks } = await import('./checks.ts')
  const { id: showId } = await publishedShow(ground)
  await api.unpublish({ by, showId })
  const check = concertChecks.find(({ id }) => id === 'S4')
  assert(check)
  assert.deepEqual(await db.rows(check.query(clock.now + 60_000)), [])
  assert.equal((await db.rows(check.query(clock.now + 60_001))).length, 1)
})
