import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import type { Plan } from '../concert/api.ts'
import { isRefusal, Refusal } from '../platform/outcome.ts'
import { block, blocksOf } from './block.ts'
import { seatChecks } from './checks.ts'
import { endHoldsOfClosed } from './ending.ts'
import { map } from './map.ts'
import { createPictures } from './picture.ts'
import { pinMany, sellMany, unpinMany } from './pin.ts'
import { day, endHold, type Ground, holdRow, openGround, plantHold, quotaRow, smallPlan } from './planting.ts'
import { quota } from './quota.ts'
import { resumeShows } from './resuming.ts'
import { seatsOf } from './plan-seats.ts'

let ground: Ground
before(async () => {
  ground = await openGround()
})
after(() => ground.close())

const refusalOf = async (call: Promise<unknown>) => {
  const error = await call.then(() => undefined, (reason) => reason)
  return isRefusal(error) ? { code: error.code, params: error.params } : error
}
const codeOf = async (call: Promise<unknown>) => ((await refusalOf(call)) as Refusal | undefined)?.code
async function showRow(showId: string) {
  const [row] = await ground.db.rows<{ status: string; ready: boolean; paused: boolean; version: number; planVersion: number }>(sql`
    select status, ready, paused_at is not null as paused, version, plan_version as "planVersion"
    from seat.shows where show_id = ${showId}`)
  return row
}

test('seats are numbered 1…N in plan order; standing entries have no row and their entry number', () => {
  const seats = seatsOf(smallPlan)
  assert.deepEqual(seats.map((seat) => [seat.id, seat.section, seat.row, seat.number, seat.grade, seat.kind]), [
    [1, 'A', '1', '1', 'R', 'seated'], [2, 'A', '1', '2', 'R', 'seated'], [3, 'A', '1', '3', 'R', 'seated'],
    [4, 'A', '1', '4', 'R', 'seated'], [5, 'Floor', '', '1', 'S', 'standing'], [6, 'Floor', '', '2', 'S', 'standing'],
  ])
  assert.deepEqual(seats.map((seat) => seat.attributes), [['accessible'], [], [], ['aisle'], [], []])
})

test('a published show has its seats, all available, with windows but without their codes', async () => {
  const showId = await ground.publish()
  const picture = await ground.pictures.of(showId)
  assert.deepEqual(picture.seats, seatsOf(smallPlan))
  assert.deepEqual([...picture.states], [0, 0, 0, 0, 0, 0])
  assert.equal(picture.ticketsPerUserMax, 4)
  assert.deepEqual(Object.keys(picture.windows[0] ?? {}).sort(), ['audience', 'closesAt', 'id', 'name', 'opensAt', 'sections'])
})

test('a plan says how its sections stand, which rows have another grade, and which seats are blocked from the beginning, on the record', async () => {
  const [organiserId, shape] = [randomUUID(), { x: -12.5, y: 8, angle: -20, curve: 40, mirrored: true }]
  const plan: Plan = {
    sections: [
      { name: 'Floor', kind: 'standing', grade: 'S', capacity: 2 },
      { name: 'A', kind: 'seated', grade: 'R', shape, rows: [{ name: '1', seats: 3, blocked: [1, 3], blockedReason: 'camera' }, { name: '2', seats: 2, grade: 'S' }, { name: '3', seats: 2, blocked: [2], blockedReason: 'camera' }] },
    ],
  }
  const showId = await ground.publish(plan, { organiserId })
  assert.deepEqual(await ground.statuses(showId), [0, 0, 5, 0, 5, 0, 0, 0, 5])
  const { seats, shapes } = await map(ground, { showId })
  assert.deepEqual(seats.map(({ grade }) => grade).join(''), 'SSRRRSSRR')
  assert.deepEqual(shapes, [{ section: 'A', ...shape }])
  assert.deepEqual((await map(ground, { showId, planVersion: 1 })).shapes, [])
  assert.deepEqual((await blocksOf(ground, { showId })).blocks, [3, 5, 9].map((seatId) => ({ seatId, reason: 'camera' })))
  assert.deepEqual(await ground.db.rows(sql`select action, after from seat.audit where actor = ${organiserId}`), [{ action: 'seats.block', after: { seatIds: [3, 5, 9], reason: 'camera' } }])
  await ground.hear('show.closing', showId, { purpose: 'unpublish' })
  await ground.publish(smallPlan, { showId, planVersion: 2 })
  assert.deepEqual((await map(ground, { showId })).shapes, [], 'the shapes of another plan are gone')
  for (const check of seatChecks) assert.deepEqual(await ground.db.rows(check.query(ground.clock.now)), [], check.name)
})

test('a plan larger than one statement is written whole', async () => {
  const plan: Plan = { sections: [{ name: 'Field', kind: 'standing', grade: 'S', capacity: 4_321 }] }
  const { seats } = await ground.pictures.of(await ground.publish(plan))
  assert.equal(seats.length, 4_321)
  assert.deepEqual(seats.at(-1), { id: 4_321, section: 'Field', row: '', number: '4321', grade: 'S', kind: 'standing', attributes: [] })
})

test('a show seat never heard of is unknown; one that concert has published is being prepared', async () => {
  const showId = randomUUID()
  assert.equal(await codeOf(ground.pictures.of(showId)), 'show_unknown')
  const show = (status: string) => ({ show: async () => ({ status }) as never })
  assert.equal(await codeOf(createPictures(ground.db, show('published')).of(showId)), 'show_preparing')
  assert.equal(await codeOf(createPictures(ground.db, show('draft')).of(showId)), 'show_unknown')
  const none = { show: async () => { throw new Refusal('show_unknown') } }
  assert.equal(await codeOf(createPictures(ground.db, none).of(showId)), 'show_unknown')
})

test('publishing the same version again keeps seats and their states', async () => {
  const showId = await ground.publish()
  await plantHold(ground, showId, [1])
  await ground.publish(smallPlan, { showId })
  assert.deepEqual(await ground.statuses(showId), [1, 0, 0, 0, 0, 0])
})

test('after an unpublish a new plan replaces the seats, the quota maximum and the copy', async () => {
  const showId = await ground.publish()
  const hold = await plantHold(ground, showId, [1])
  await endHold(ground, hold)
  await ground.hear('show.closing', showId, { purpose: 'unpublish' })
  assert.equal(await codeOf(ground.pictures.of(showId)), 'show_unknown')
  const plan: Plan = { sections: [{ name: 'B', kind: 'seated', grade: 'VIP', rows: [{ name: 'A', seats: 2 }] }] }
  await ground.publish(plan, { showId, planVersion: 2, ticketsPerUserMax: 2 })
  const picture = await ground.pictures.of(showId)
  assert.deepEqual(picture.seats.map((seat) => seat.grade), ['VIP', 'VIP'])
  assert.deepEqual([picture.planVersion, picture.status, [...picture.states]], [2, 'open', [0, 0]])
  assert.deepEqual(await quota(ground, hold), { seats: 0, sold: 0, seatsMax: 2 })
})

test('publishing another plan over held seats is a bug and changes nothing', async () => {
  const showId = await ground.publish()
  await plantHold(ground, showId, [1])
  await assert.rejects(ground.publish(smallPlan, { showId, planVersion: 2 }), assert.AssertionError)
  assert.deepEqual(await ground.statuses(showId), [1, 0, 0, 0, 0, 0])
  assert.equal((await showRow(showId))?.planVersion, 1)
})

test('closing a show that nobody holds empties it and says so with its purpose', async () => {
  const showId = await ground.publish()
  await ground.hear('show.closing', showId, { purpose: 'delete' })
  assert.deepEqual((await ground.events('seat.emptied')).at(-1), { showId, purpose: 'delete' })
  assert.equal((await showRow(showId))?.status, 'closed')
})

for (const state of ['held', 'pinned', 'sold', 'returned'] as const)
  test(`closing a show with a ${state} seat opens it again and says that it is occupied`, async () => {
    const showId = await ground.publish()
    const hold = await plantHold(ground, showId, [1])
    const payment = { paymentId: randomUUID(), reservationId: hold.reservationId, userId: hold.userId }
    if (state === 'pinned' || state === 'sold') await pinMany(ground, [payment])
    if (state === 'sold') await sellMany(ground, [payment])
    if (state === 'returned') {
      await endHold(ground, hold)
      await ground.db.rows(sql`update seat.seats set status = 4 where show_id = ${showId} and id = 1`)
    }
    await ground.hear('show.closing', showId, { purpose: 'unpublish' })
    assert.deepEqual((await ground.events('seat.occupied')).at(-1), { showId, purpose: 'unpublish' })
    assert.equal((await showRow(showId))?.status, 'open')
    assert.equal((await ground.pictures.of(showId)).status, 'open')
  })

test('a cancelled show with buyers is occupied when it is to be deleted, but stays closed', async () => {
  const showId = await ground.publish()
  await plantHold(ground, showId, [1])
  await ground.hear('show.cancelled', showId, { reason: 'rain' })
  await ground.hear('show.closing', showId, { purpose: 'delete' })
  assert.deepEqual((await ground.events('seat.occupied')).at(-1), { showId, purpose: 'delete' })
  assert.equal((await showRow(showId))?.status, 'closed')
})

test('cancelling a show only shuts the door: no seat changes in the handler', async () => {
  const showId = await ground.publish()
  await plantHold(ground, showId, [1])
  await ground.hear('show.cancelled', showId, { reason: 'rain' })
  assert.deepEqual(await ground.statuses(showId), [1, 0, 0, 0, 0, 0])
  assert.equal((await ground.pictures.of(showId)).status, 'closed')
})

test("a cancelled show's live holds end with reason closed, whole reservations at once; a pinned one when it is unpinned", async () => {
  await endHoldsOfClosed(ground) // those of other tests
  const showId = await ground.publish()
  const first = await plantHold(ground, showId, [1])
  const { userId, reservationId } = first
  await plantHold(ground, showId, [2], { userId, reservationId })
  const loose = await plantHold(ground, showId, [3], { reservationId: null })
  const pinned = await plantHold(ground, showId, [4])
  const payment = { paymentId: randomUUID(), reservationId: pinned.reservationId, userId: pinned.userId }
  await pinMany(ground, [payment])
  await ground.hear('show.cancelled', showId)
  const before = (await ground.events('seat.hold_ended')).length
  assert.equal(await endHoldsOfClosed(ground), 3)
  assert.deepEqual(await ground.statuses(showId), [0, 0, 0, 2, 0, 0])
  assert.deepEqual([...(await ground.pictures.of(showId)).states], [0, 0, 0, 2, 0, 0])
  assert.equal((await holdRow(ground.db, loose.holdId)).endedReason, 'closed')
  assert.equal((await quotaRow(ground.db, first))?.seats, 0)
  assert.deepEqual((await ground.events('seat.hold_ended')).slice(before), [{ reservationId, userId, showId, reason: 'closed' }])
  assert.equal(await endHoldsOfClosed(ground), 0)
  await unpinMany(ground, [payment])
  assert.equal(await endHoldsOfClosed(ground), 1)
  assert.deepEqual(await ground.statuses(showId), [0, 0, 0, 0, 0, 0])
  assert.equal((await ground.events('seat.hold_ended')).length, before + 2)
})

test('changed windows replace the old ones', async () => {
  const showId = await ground.publish()
  await ground.hear('show.windows_changed', showId, { windows: [] })
  assert.deepEqual((await ground.pictures.of(showId)).windows, [])
})

test('a resumed show moves every running deadline by the pause, at least to a minute from now, and only once', async () => {
  const showId = await ground.publish()
  const long = await plantHold(ground, showId, [1], { until: ground.now() + 300_000 })
  const short = await plantHold(ground, showId, [2], { until: ground.now() + 1_000 })
  const { until } = await holdRow(ground.db, long.holdId)
  await ground.hear('show.paused', showId)
  assert.equal((await ground.pictures.of(showId)).pausedAt, ground.now())
  ground.clock.now += 10_000
  await ground.hear('show.resumed', showId, { pausedMs: 10_000 })
  await resumeShows(ground)
  assert.equal((await holdRow(ground.db, long.holdId)).until, until + 10_000)
  assert.equal((await holdRow(ground.db, short.holdId)).until, ground.now() + 60_000)
  await ground.hear('show.resumed', showId, { pausedMs: 10_000 })
  await resumeShows(ground)
  assert.equal((await holdRow(ground.db, long.holdId)).until, until + 10_000)
  assert.equal((await ground.pictures.of(showId)).pausedAt, null)
})

test('the map packs two bits a seat: free, held for held, pinned and returned, sold, blocked', async () => {
  const showId = await ground.publish()
  const [pinned, sold] = [await plantHold(ground, showId, [2]), await plantHold(ground, showId, [3])]
  const payments = [pinned, sold].map(({ reservationId, userId }) => ({ paymentId: randomUUID(), reservationId, userId }))
  await pinMany(ground, payments)
  await sellMany(ground, payments.slice(1))
  await plantHold(ground, showId, [1])
  await block(ground, { showId, seatIds: [4], reason: 'camera', by: randomUUID() })
  await ground.db.rows(sql`update seat.seats set status = 4 where show_id = ${showId} and id = 5`)
  ground.pictures.forget(showId)
  const { states, seats, planVersion, version } = await map(ground, { showId })
  assert.deepEqual([...Buffer.from(states, 'base64')], [0b11_10_01_01, 0b00_01])
  assert.deepEqual(seats[3], { seatId: 4, section: 'A', row: '1', number: '4', grade: 'R', kind: 'seated', attributes: ['aisle'] })
  assert.deepEqual(await map(ground, { showId, planVersion: 1 }), { showId, states, planVersion, version, seats: [], shapes: [] })
})

test('a gap in versions makes a copy be read again, an older version is ignored', async () => {
  const showId = await ground.publish()
  const { version } = await ground.pictures.of(showId)
  ground.pictures.apply(showId, [{ seatId: 1, status: 3 }], version)
  assert.equal((await ground.pictures.of(showId)).states[0], 0)
  ground.pictures.apply(showId, [{ seatId: 1, status: 1 }], version + 1)
  assert.equal((await ground.pictures.of(showId)).states[0], 1)
  for (const ahead of [7, 6, 5, 4]) ground.pictures.apply(showId, [{ seatId: 2, status: ahead }], version + ahead)
  assert.equal((await ground.pictures.of(showId)).states[1], 0, 'what is missing may be on its way')
  ground.pictures.apply(showId, [{ seatId: 2, status: 1 }], version + 3)
  assert.deepEqual([...(await ground.pictures.of(showId)).states], [0, 0, 0, 0, 0, 0])
})

test('answers of statements that ran side by side are written in the order of their commits', async () => {
  const showId = await ground.publish()
  const { version } = await ground.pictures.of(showId)
  ground.pictures.apply(showId, [{ seatId: 1, status: 0 }, { seatId: 2, status: 1 }], version + 2)
  ground.pictures.apply(showId, [{ seatId: 1, status: 1 }], version + 1)
  const picture = await ground.pictures.of(showId)
  assert.deepEqual([...picture.states].slice(0, 2), [0, 1])
  assert.equal(picture.version, version + 2)
})

test('a copy that follows its own commits is not read again because one more is on its way', async () => {
  const showId = await ground.publish()
  const { version } = await ground.pictures.of(showId)
  const commit = () => ground.db.rows(sql`update seat.shows set version = version + 1 where show_id = ${showId}`)
  await ground.pictures.recheck()
  await commit()
  ground.pictures.apply(showId, [{ seatId: 1, status: 1 }], version + 1)
  await commit()
  await ground.pictures.recheck()
  assert.equal((await ground.pictures.of(showId)).states[0], 1, 'the test wrote no seat: a copy read again would show it free')
  await ground.pictures.recheck()
  assert.equal((await ground.pictures.of(showId)).states[0], 0, 'it has missed a commit')
})

test('a change that commits while a copy is being read is in the copy', async () => {
  const showId = await ground.publish()
  const { version } = await ground.pictures.of(showId)
  ground.pictures.forget(showId)
  const [first, second] = [ground.pictures.of(showId), ground.pictures.of(showId)]
  ground.pictures.apply(showId, [{ seatId: 2, status: 1 }], version + 1)
  assert.equal(await first, await second)
  assert.deepEqual([...(await first).states].slice(0, 3), [0, 1, 0])
})

test('copies are bounded: of more seats than are kept, the show nobody asked for longest is read again', async () => {
  const [a, b] = [await ground.publish(), await ground.publish()]
  const few = createPictures(ground.db, undefined, { seatsMax: 10 })
  const first = await few.of(a)
  assert.equal(await few.of(a), first)
  const second = await few.of(b)
  assert.equal(await few.of(b), second)
  assert.notEqual(await few.of(a), first)
  const ample = createPictures(ground.db, undefined, { seatsMax: 12 })
  const kept = await ample.of(a)
  await ample.of(b)
  assert.equal(await ample.of(a), kept)
})

test('recheck finds what other processes wrote', async () => {
  const [a, b] = [await ground.publish(), await ground.publish()]
  const other = createPictures(ground.db)
  await Promise.all([other.of(a), other.of(b)])
  await block(ground, { showId: a, seatIds: [1], reason: 'camera', by: randomUUID() })
  await ground.hear('show.closing', b, { purpose: 'delete' })
  await other.recheck()
  assert.equal((await other.of(a)).states[0], 5)
  assert.equal(await codeOf(other.of(b)), 'show_unknown')
})

test('a past show keeps its seats readable', async () => {
  const showId = await ground.publish(smallPlan, { startsAt: ground.now() - day })
  assert.equal((await map(ground, { showId })).seats.length, 6)
})
