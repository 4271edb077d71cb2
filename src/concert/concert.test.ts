import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { codeHash } from './windows.ts'
import { assertSound, codeOf, concertNamed, day, general, type Ground, hall, hour, openGround, presale, prices, publishedShow, readyShow, refusalOf, startedAt, times } from './testing.ts'

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

test('a concert is made, read, changed and deleted, and says when (G9: UTC instants, not null)', async () => {
  const { api, organiser: by, clock } = ground
  const made = await api.createConcert({ by, title: ' 아이유 콘서트 ', venue: '고척돔', description: '둘째 날', poster: 'https://example.com/p.png' })
  assert.deepEqual([made.title, made.createdAt, made.updatedAt, made.organiserId, made.firstShowAt], ['아이유 콘서트', startedAt, startedAt, by.userId, null])
  assert.deepEqual(await api.concert({ concertId: made.id }), made)
  clock.now += hour
  const changed = await api.updateConcert({ by, concertId: made.id, title: '다른 제목', venue: '고척돔' })
  assert.deepEqual([changed.title, changed.description, changed.poster, changed.createdAt, changed.updatedAt], ['다른 제목', '', null, startedAt, startedAt + hour])
  assert.deepEqual(await api.concert({ concertId: made.id }), changed)
  assert.deepEqual(await api.deleteConcert({ by, concertId: made.id }), { deleted: true })
  assert.equal(await codeOf(api.concert({ concertId: made.id })), 'concert_unknown')
  assert.equal(await codeOf(api.updateConcert({ by, concertId: made.id, title: 'x', venue: 'y' })), 'concert_unknown')
  assert.equal(await codeOf(api.deleteConcert({ by, concertId: made.id })), 'concert_unknown')
  assert.deepEqual((await ground.audited(made.id)).map(({ actor, action }) => [actor, action]),
    ['concert.create', 'concert.update', 'concert.delete'].map((action) => [by.userId, action]))
})

test('the same id and request is the same concert or show; another request under it is a conflict', async () => {
  const { api, organiser: by } = ground
  const concertId = randomUUID()
  const showId = randomUUID()
  const once = await api.createConcert({ by, concertId, title: '한 번', venue: '홀' })
  assert.deepEqual(await api.createConcert({ by, concertId, title: '한 번', venue: '홀' }), once)
  assert.equal(await codeOf(api.createConcert({ by, concertId, title: '두 번', venue: '홀' })), 'idempotency_conflict')
  const show = await api.createShow({ by, concertId, showId, ...times })
  assert.deepEqual(await api.createShow({ by, concertId, showId, ...times }), show)
  assert.equal(await codeOf(api.createShow({ by, concertId, showId, ...times, bookingFee: 1 })), 'idempotency_conflict')
  const other = await concertNamed(ground, '다른 공연')
  assert.equal(await codeOf(api.createShow({ by, concertId: other.id, showId, ...times })), 'idempotency_conflict')
  assert.equal((await api.shows({ concertId, viewer: by, limit: 10 })).shows.length, 1)
})

test('a show is made as a draft of its concert under an id of its own (G5: it overwrites nothing)', async () => {
  const { api, organiser: by } = ground
  const { id: concertId } = await concertNamed(ground, '두 회차')
  const first = await api.createShow({ by, concertId, ...times })
  const second = await api.createShow({ by, concertId, ...times, startsAt: times.startsAt - day })
  assert.equal(new Set([concertId, first.id, second.id]).size, 3)
  assert.deepEqual([first.status, first.planVersion, first.totals, first.windows, first.currency], ['draft', 0, [], [], 'KRW'])
  assert.deepEqual([first.bookingFee, first.ticketsPerUserMax, first.policy], [0, 4, { version: 1, cutoffMinutesBeforeStart: 1440 }])
  const { shows } = await api.shows({ concertId, viewer: by, limit: 10 })
  assert.deepEqual(shows.map(({ id }) => id), [second.id, first.id])
  const { shows: rest } = await api.shows({ concertId, viewer: by, limit: 10, after: { startsAt: second.startsAt, id: second.id } })
  assert.deepEqual(rest.map(({ id }) => id), [first.id])
})

test('a show ends after it starts, starts in the future and names an IANA time zone', async () => {
  const { api, organiser: by } = ground
  const { id: concertId } = await concertNamed(ground, '시간')
  const make = (given: object) => api.createShow({ by, concertId, ...times, ...given })
  assert.equal(await codeOf(make({ endsAt: times.startsAt })), 'show_times_invalid')
  assert.equal(await codeOf(make({ startsAt: startedAt })), 'show_times_invalid')
  for (const timeZone of ['Asia/Seol', '+09:00', 'x']) assert.equal(await codeOf(make({ timeZone })), 'request_invalid', timeZone)
  const { id: showId } = await make({ timeZone: 'America/New_York' })
  assert.equal(await codeOf(api.updateShow({ by, showId, ...times, endsAt: times.startsAt - 1 })), 'show_times_invalid')
  assert.equal(await codeOf(api.updateShow({ by, showId, ...times, timeZone: 'Mars/Base' })), 'request_invalid')
  const changed = await api.updateShow({ by, showId, ...times, ticketsPerUserMax: 2 })
  assert.deepEqual([changed.timeZone, changed.ticketsPerUserMax, changed.startsAt], ['Asia/Seoul', 2, times.startsAt])
})

test('plan, prices and fee of a draft change the plan version; the totals are those of the plan (A12)', async () => {
  const { api, organiser: by } = ground
  const { id: concertId } = await concertNamed(ground, '좌석')
  const { id: showId } = await api.createShow({ by, concertId, ...times })
  assert.deepEqual(await api.plan({ by, showId }), { planVersion: 0, plan: null })
  const planned = await api.setPlan({ by, showId, plan: hall })
  assert.equal(planned.planVersion, 1)
  assert.deepEqual(planned.totals, [{ grade: 'VIP', total: 5 }, { grade: 'R', total: 3 }, { grade: 'S', total: 10 }])
  assert.deepEqual(await api.plan({ by, showId }), { planVersion: 1, plan: hall })
  assert.equal((await api.setPrices({ by, showId, prices })).planVersion, 2)
  const policies = { bookingFee: 2_000, ticketsPerUserMax: 4, policy: { cutoffMinutesBeforeStart: 1440 } }
  assert.equal((await api.setPolicies({ by, showId, ...policies })).planVersion, 3)
  assert.equal((await api.setPolicies({ by, showId, ...policies })).planVersion, 3)
})

test('publishing needs a plan, a price for every grade, a window and a start in the future', async () => {
  const { api, organiser: by, clock } = ground
  const { id: concertId } = await concertNamed(ground, '빠진 것')
  const { id: showId } = await api.createShow({ by, concertId, ...times })
  const missing = async () => (await refusalOf(api.publish({ by, showId }))).params.missing
  assert.deepEqual(await missing(), ['plan', 'windows'])
  await api.setPrices({ by, showId, prices: prices.slice(0, 2) })
  await api.setWindows({ by, showId, windows: [{ ...general, sections: ['C'] }] })
  await api.setPlan({ by, showId, plan: hall })
  assert.deepEqual(await missing(), ['price of S', 'section C of a window'])
  await api.setPrices({ by, showId, prices })
  await api.setWindows({ by, showId, windows: [general] })
  clock.now = times.startsAt
  assert.equal(await codeOf(api.publish({ by, showId })), 'show_times_invalid')
  clock.now = startedAt
  assert.deepEqual(await ground.told(showId), [])
  assert.equal((await api.publish({ by, showId })).status, 'published')
})

test('show.published carries everything seat and queue need, with hashes of codes and never the codes', async () => {
  const { api, organiser: by } = ground
  const { id: showId, concertId } = await readyShow(ground)
  await api.setWindows({ by, showId, windows: [general, presale] })
  const show = await api.publish({ by, showId })
  const [event, ...rest] = await ground.told(showId)
  assert.deepEqual([event?.name, event?.version, rest.length], ['show.published', 1, 0])
  const [early, late] = show.windows
  assert.deepEqual(event?.data, {
    showId, concertId, organiserId: by.userId, planVersion: 1, plan: hall, ticketsPerUserMax: 4, bookingFee: 0,
    startsAt: times.startsAt, endsAt: times.endsAt,
    windows: [
      { ...early, codeHashes: [codeHash(early?.id ?? '', 'fan-1'), codeHash(early?.id ?? '', 'FAN-2 ')].sort() },
      { ...late, codeHashes: [] },
    ],
  })
  assert.equal(JSON.stringify(event).toLowerCase().includes('fan-'), false)
  assert.equal((await api.publish({ by, showId })).updatedAt, show.updatedAt)
  assert.equal((await ground.told(showId)).length, 1, 'published once')
})

test('after publishing plan, prices, times, fee and tickets per user are fixed', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  assert.equal(await codeOf(api.setPlan({ by, showId, plan: hall })), 'show_not_draft')
  assert.equal(await codeOf(api.setPrices({ by, showId, prices })), 'show_not_draft')
  assert.equal(await codeOf(api.updateShow({ by, showId, ...times })), 'show_not_draft')
  const policies = { bookingFee: 0, ticketsPerUserMax: 4, policy: { cutoffMinutesBeforeStart: 1440 } }
  assert.equal(await codeOf(api.setPolicies({ by, showId, ...policies, bookingFee: 1 })), 'show_not_draft')
  assert.equal(await codeOf(api.setPolicies({ by, showId, ...policies, ticketsPerUserMax: 5 })), 'show_not_draft')
  const { policy, planVersion } = await api.setPolicies({ by, showId, ...policies, policy: { version: 7, cutoffMinutesBeforeStart: 60 } })
  assert.deepEqual([policy, planVersion], [{ version: 2, cutoffMinutesBeforeStart: 60 }, 1])
})

test('windows change after publishing and others hear of it; ids and codes of windows that stay are kept', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  const { windows } = await api.setWindows({ by, showId, windows: [general, presale] })
  assert.deepEqual(windows.map(({ name, codeCount }) => [name, codeCount]), [['선예매', 2], ['일반예매', 0]])
  const { codes, ...withoutCodes } = presale
  const later = { ...withoutCodes, opensAt: presale.opensAt + hour }
  const { windows: moved } = await api.setWindows({ by, showId, windows: [later, { ...general, id: windows[1]?.id ?? '', name: '본예매' }] })
  assert.deepEqual(moved.map(({ id, name, codeCount }) => [id, name, codeCount]), [[windows[0]?.id, '선예매', 2], [windows[1]?.id, '본예매', 0]])
  const told = await ground.told(showId)
  assert.deepEqual(told.map(({ name, version }) => [name, version]), [['show.published', 1], ['show.windows_changed', 2], ['show.windows_changed', 3]])
  const data = told[2]?.data as { windows: { opensAt: number; codeHashes: string[] }[] }
  assert.equal(data.windows[0]?.opensAt, presale.opensAt + hour)
  assert.deepEqual(data.windows[0]?.codeHashes, [codeHash(windows[0]?.id ?? '', 'fan-1'), codeHash(windows[0]?.id ?? '', 'fan-2')].sort())
  assert.equal(await codeOf(api.setWindows({ by, showId, windows: [] })), 'show_not_ready')
  const opened = await api.setWindows({ by, showId, windows: [{ ...withoutCodes, audience: 'everyone' }, { ...general, name: '본예매' }] })
  assert.deepEqual(opened.windows.map(({ codeCount }) => codeCount), [0, 0])
})

test('a window may have a lobby, at least a minute long and after the window before; it is told and shown', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await publishedShow(ground)
  const set = (...windows: object[]) => api.setWindows({ by, showId, windows: windows as (typeof general)[] })
  const lobby = { ...general, lobbyOpensAt: general.opensAt - hour }
  assert.deepEqual((await set(lobby)).windows.map(({ lobbyOpensAt }) => lobbyOpensAt), [lobby.lobbyOpensAt])
  assert.deepEqual((await api.show({ showId })).windows.map(({ lobbyOpensAt }) => lobbyOpensAt), [lobby.lobbyOpensAt])
  const told = (await ground.told(showId)).at(-1)?.data as { windows: (typeof lobby)[] } | undefined
  assert.equal(told?.windows[0]?.lobbyOpensAt, lobby.lobbyOpensAt)
  assert.match(String((await refusalOf(set({ ...general, lobbyOpensAt: general.opensAt - 59_999 }))).params.detail), /lobby .* less than a minute/)
  await set({ ...general, lobbyOpensAt: general.opensAt - 60_000 })
  // the presale ends when the general sale opens: its lobby would be a second line of the same show
  assert.equal(await codeOf(set(presale, lobby)), 'windows_overlap')
  assert.deepEqual((await set(general)).windows.map(({ lobbyOpensAt }) => lobbyOpensAt), [null])
  await assertSound(ground)
})

test('windows of one show may touch but not overlap, and none contradicts itself', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const set = (...windows: (typeof general | object)[]) => api.setWindows({ by, showId, windows: windows as (typeof general)[] })
  const refusal = await refusalOf(set(general, { ...general, name: '둘째', opensAt: general.closesAt - 1, closesAt: general.closesAt + 1 }))
  assert.deepEqual([refusal.code, refusal.params], ['windows_overlap', { first: '일반예매', second: '둘째' }])
  assert.equal(await codeOf(set(general, { ...general, name: '같은 시작' })), 'windows_overlap')
  await set(general, { ...general, name: '둘째', opensAt: general.closesAt, closesAt: general.closesAt + 1 })
  const wrong = {
    'closes before it opens': [{ ...general, closesAt: general.opensAt }],
    'one name twice': [general, { ...general, opensAt: general.closesAt, closesAt: general.closesAt + 1 }],
    'codes without a code': [{ ...general, audience: 'codes', name: '코드' }],
    'a blank code': [{ ...presale, codes: [' '] }],
    'codes for everyone': [{ ...general, codes: ['x'] }],
    'a section the plan lacks': [{ ...general, sections: ['Z'] }],
    'no section': [{ ...general, sections: [] }],
    'an id of another show': [{ ...general, id: randomUUID() }],
  }
  for (const [name, windows] of Object.entries(wrong)) assert.equal(await codeOf(set(...windows)), 'request_invalid', name)
  assert.equal((await api.windows({ by, showId })).windows.length, 2, 'a refusal changes nothing')
})

test('no window of a published show opens when the show has begun; one may be said to close later', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const late = { ...general, name: '당일', opensAt: times.startsAt, closesAt: times.endsAt }
  await api.setWindows({ by, showId, windows: [general, late] })
  const refusal = await refusalOf(api.publish({ by, showId }))
  assert.deepEqual([refusal.code, refusal.params], ['show_not_ready', { missing: ['an opening of 당일 before the show begins'] }])
  await api.setWindows({ by, showId, windows: [{ ...general, closesAt: times.endsAt }] })
  await api.publish({ by, showId })
  assert.equal(await codeOf(api.setWindows({ by, showId, windows: [general, late] })), 'request_invalid')
})

test('a plan that contradicts itself is refused: duplicate rows and sections, standing, attributes beyond the row (A12)', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const rows = [{ name: '1', seats: 2 }]
  const a = { name: 'A', kind: 'seated', grade: 'R' }
  const wrong: [string, object[]][] = [
    ['section A is there twice', [{ ...a, rows }, { ...a, rows }]],
    ['section A: row 1 is there twice', [{ ...a, rows: [...rows, ...rows] }]],
    ['section A: seated needs rows', [a]],
    ['section A: the capacity of a seated section is its rows', [{ ...a, rows, capacity: 3 }]],
    ['section A: standing needs a capacity', [{ ...a, kind: 'standing' }]],
    ['section A: standing has no rows', [{ ...a, kind: 'standing', capacity: 3, rows }]],
    ['section A: row 1: aisle names seat 3 of 2', [{ ...a, rows: [{ name: '1', seats: 2, aisle: [1, 3] }] }]],
    ['section A: its name or grade has spaces around it or control characters', [{ ...a, grade: ' R', rows }]],
    ['section A: row 1 has spaces around its name or grade, or control characters', [{ ...a, rows: [{ name: '1', seats: 2, grade: 'R ' }] }]],
    ['section A: row 1: blocked names seat 3 of 2', [{ ...a, rows: [{ name: '1', seats: 2, blocked: [3], blockedReason: 'x' }] }]],
    ['section A: row 1: blocked seats need a blockedReason', [{ ...a, rows: [{ name: '1', seats: 2, blocked: [1] }] }]],
    ['section A: row 1: a blockedReason without blocked seats', [{ ...a, rows: [{ name: '1', seats: 2, blocked: [], blockedReason: 'x' }] }]],
    ['section A: its curve is too tight for its rows', [{ ...a, shape: { x: 0, y: 9, curve: 170 }, rows: Array.from({ length: 9 }, (_, i) => ({ name: String(i), seats: 4 })) }]],
    ['more than 100000 seats', [{ ...a, kind: 'standing', capacity: 100_000 }, { ...a, name: 'B', rows }]],
    ['more than 20 grades', [{ ...a, rows: Array.from({ length: 21 }, (_, i) => ({ name: String(i), seats: 1, grade: `G${i}` })) }]],
    ['more than 20 grades', Array.from({ length: 21 }, (_, i) => ({ ...a, name: `S${i}`, grade: `G${i}`, rows }))],
  ]
  for (const [detail, sections] of wrong) {
    const refusal = await refusalOf(api.setPlan({ by, showId, plan: { sections } as typeof hall }))
    assert.deepEqual([refusal.code, refusal.params.detail], ['plan_invalid', detail])
  }
  assert.equal((await shownTo(showId)).planVersion, 1)
})

test('rows of another grade count for theirs, need a price for it, and what a plan says of its hall comes back as it was', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const shape = { x: -3.5, y: 12, angle: 90, curve: -20, seatPitch: 1.1, rowPitch: 1.4, mirrored: true }
  const plan = { sections: [{ name: 'A', kind: 'seated' as const, grade: 'R', shape, rows: [{ name: '1', seats: 2, blocked: [2], blockedReason: '초대석' }, { name: '2', seats: 5, grade: 'box' }] }] }
  assert.deepEqual((await api.setPlan({ by, showId, plan })).totals, [{ grade: 'R', total: 2 }, { grade: 'box', total: 5 }])
  assert.deepEqual((await api.plan({ by, showId })).plan, plan)
  assert.deepEqual((await refusalOf(api.publish({ by, showId }))).params, { missing: ['price of box'] })
})

test('a grade or type of it has one price', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const set = (...wanted: typeof prices) => api.setPrices({ by, showId, prices: wanted })
  const type = { name: 'youth', price: 1, proofAtDoor: false }
  assert.equal(await codeOf(set({ grade: 'R', price: 1 }, { grade: 'R', price: 2 })), 'request_invalid')
  assert.equal(await codeOf(set({ grade: 'R', price: 1, types: [type, type] })), 'request_invalid')
  assert.equal(await codeOf(set({ grade: 'R', price: 1, types: [{ ...type, name: 'default' }] })), 'request_invalid')
})

test('a concert with a published show is made all or nothing, once per id', async () => {
  const { api, organiser: by } = ground
  const concertId = randomUUID()
  const showId = randomUUID()
  const wanted = { by, concertId, showId, concert: { title: '한 번에', venue: '홀' }, show: times, plan: hall, windows: [general] }
  assert.equal(await codeOf(api.createWithShow({ ...wanted, prices: [] })), 'show_not_ready')
  assert.equal(await codeOf(api.concert({ concertId })), 'concert_unknown')
  assert.equal(await codeOf(api.show({ showId })), 'show_unknown')
  assert.deepEqual(await api.createWithShow({ ...wanted, prices }), { concertId, showId })
  assert.deepEqual(await api.createWithShow({ ...wanted, prices }), { concertId, showId })
  assert.equal(await statusOf(showId), 'published')
  assert.deepEqual((await ground.told(showId)).map(({ name }) => name), ['show.published'])
})

test('cancelling is for good, tells why and keeps the first reason', async () => {
  const { api, organiser: by } = ground
  const draft = await readyShow(ground)
  assert.equal(await codeOf(api.cancelShow({ by, showId: draft.id, reason: 'x' })), 'show_not_published')
  const { id: showId } = await publishedShow(ground)
  const cancelled = await api.cancelShow({ by, showId, reason: '출연자 사정' })
  assert.deepEqual([cancelled.status, cancelled.cancelledReason], ['cancelled', '출연자 사정'])
  assert.equal((await api.cancelShow({ by, showId, reason: '다른 이유' })).cancelledReason, '출연자 사정')
  const [, event, ...rest] = await ground.told(showId)
  assert.deepEqual([event?.name, event?.version, event?.data, rest], ['show.cancelled', 2, { showId, reason: '출연자 사정' }, []])
  assert.equal(await codeOf(api.publish({ by, showId })), 'show_not_draft')
  assert.equal(await codeOf(api.unpublish({ by, showId })), 'show_not_published')
  assert.equal(await codeOf(api.deleteShow({ by, showId })), 'show_cancelled')
  assert.equal(await codeOf(api.setWindows({ by, showId, windows: [general] })), 'show_cancelled')
  assert.equal(await codeOf(api.pauseShow({ by, showId })), 'show_not_published')
})

test('a pause is told once and its length when it ends (flows §6)', async () => {
  const { api, operator: by, clock } = ground
  const draft = await readyShow(ground)
  assert.equal(await codeOf(api.pauseShow({ by, showId: draft.id })), 'show_not_published')
  const { id: showId } = await publishedShow(ground)
  assert.equal((await api.resumeShow({ by, showId })).paused, false)
  assert.equal((await api.pauseShow({ by, showId })).paused, true)
  clock.now += 5_000
  assert.equal((await api.pauseShow({ by, showId })).paused, true)
  clock.now += 7_000
  assert.equal((await api.resumeShow({ by, showId })).paused, false)
  await api.resumeShow({ by, showId })
  const told = await ground.told(showId)
  assert.deepEqual(told.slice(1).map(({ name, version, data }) => [name, version, data]),
    [['show.paused', 2, { showId }], ['show.resumed', 3, { showId, pausedMs: 12_000 }]])
})

test('another organiser finds nothing of mine, an operator everything', async () => {
  const { api, operator } = ground
  const by = { userId: randomUUID(), role: 'organiser' as const }
  const { id: showId, concertId } = await readyShow(ground)
  const policies = { bookingFee: 0, ticketsPerUserMax: 4, policy: { cutoffMinutesBeforeStart: 0 } }
  const ofShow = { by, showId }
  const calls = [
    api.updateShow({ ...ofShow, ...times }), api.deleteShow(ofShow), api.plan(ofShow), api.setPlan({ ...ofShow, plan: hall }),
    api.setPrices({ ...ofShow, prices }), api.windows(ofShow), api.setWindows({ ...ofShow, windows: [] }), api.publish(ofShow),
    api.setPolicies({ ...ofShow, ...policies }), api.unpublish(ofShow), api.cancelShow({ ...ofShow, reason: 'x' }),
    api.pauseShow(ofShow), api.resumeShow(ofShow), api.showDetail({ showId, viewer: by }),
    api.showDetail({ showId }), api.publish({ by: ground.organiser, showId: randomUUID() }),
  ]
  assert.deepEqual(new Set(await Promise.all(calls.map(codeOf))), new Set(['show_unknown']))
  const text = { title: 'x', venue: 'y' }
  const ofConcert = [api.updateConcert({ by, concertId, ...text }), api.deleteConcert({ by, concertId }), api.createShow({ by, concertId, ...times })]
  assert.deepEqual(new Set(await Promise.all(ofConcert.map(codeOf))), new Set(['concert_unknown']))
  assert.deepEqual((await api.shows({ concertId, viewer: by, limit: 10 })).shows, [])
  assert.equal((await api.shows({ concertId, viewer: operator, limit: 10 })).shows.length, 1)
  assert.equal((await api.publish({ by: operator, showId })).status, 'published')
  assert.equal((await ground.audited(showId)).at(-1)?.actor, operator.userId)
})

test('an unknown concert is not an empty list of shows (G11)', async () => {
  const { id: concertId } = await concertNamed(ground, '아직 없음')
  assert.deepEqual(await ground.api.shows({ concertId, limit: 10 }), { shows: [] })
  assert.equal(await codeOf(ground.api.shows({ concertId: randomUUID(), limit: 10 })), 'concert_unknown')
  assert.equal(await codeOf(ground.api.show({ showId: randomUUID() })), 'show_unknown')
})

test('two who publish and change a draft at once: the published event is of what is stored', async () => {
  const { api, organiser: by } = ground
  const { id: showId } = await readyShow(ground)
  const dearer = prices.map((price) => ({ ...price, price: price.price + 1 }))
  await Promise.allSettled([api.setPrices({ by, showId, prices: dearer }), api.publish({ by, showId }), api.publish({ by, showId })])
  const told = await ground.told(showId)
  assert.equal(told.length, 1)
  assert.equal(told[0]?.data.planVersion, (await api.show({ showId })).planVersion)
})

test('titles and venues are something to see', async () => {
  const { api, organiser: by } = ground
  assert.equal(await codeOf(api.createConcert({ by, title: '  ', venue: 'x' })), 'request_invalid')
  assert.equal(await codeOf(api.createConcert({ by, title: 'x', venue: 'a\nb' })), 'request_invalid')
  assert.equal(await codeOf(api.createConcert({ by, title: 'x', venue: 'y', poster: 'javascript:alert(1)' })), 'request_invalid')
})

test('the database keeps the rules of a show by itself', async () => {
  const { id: showId } = await publishedShow(ground)
  for (const broken of [
    sql`update concert.shows set plan = null where id = ${showId}`,
    sql`update concert.shows set status = 'closing' where id = ${showId}`,
    sql`update concert.shows set ends_at = starts_at where id = ${showId}`,
    sql`update concert.shows set status = 'cancelled' where id = ${showId}`,
    sql`update concert.windows set closes_at = opens_at where show_id = ${showId}`,
  ]) await assert.rejects(ground.db.rows(broken), { code: '23514' })
})
