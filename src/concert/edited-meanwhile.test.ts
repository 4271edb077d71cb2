import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { assertSound, concertNamed, day, general, type Ground, hall, openGround, openRoutes, presale, prices, readyShow, refusalOf, times } from './testing.ts'

let ground: Ground
let routes: Awaited<ReturnType<typeof openRoutes>>
before(async () => {
  ground = await openGround()
  routes = await openRoutes(ground, async () => new Map())
})
afterEach(() => assertSound(ground))
after(async () => {
  await routes.app.close()
  await ground.close()
})

const iso = (ms: number) => new Date(ms).toISOString()
const words = { title: '겨울밤', venue: '올림픽홀', description: '', poster: null }
const policies = { bookingFee: 500, ticketsPerUserMax: 2, policy: { cutoffMinutesBeforeStart: 60 } }
const otherHall = { sections: [{ name: 'A', kind: 'seated' as const, grade: 'VIP', rows: [{ name: '1', seats: 4 }] }] }

/** Every change of a show that takes the version looked at, as two editors would make it. */
function changes(showId: string) {
  const of = { by: ground.organiser, showId }
  const { api } = ground
  return {
    update: [(expectedVersion: number) => api.updateShow({ ...of, ...times, endsAt: times.endsAt + 60_000, expectedVersion }), (expectedVersion: number) => api.updateShow({ ...of, ...times, endsAt: times.endsAt + 120_000, expectedVersion })],
    plan: [(expectedVersion: number) => api.setPlan({ ...of, plan: otherHall, expectedVersion }), (expectedVersion: number) => api.setPlan({ ...of, plan: hall, expectedVersion })],
    prices: [(expectedVersion: number) => api.setPrices({ ...of, prices, expectedVersion }), (expectedVersion: number) => api.setPrices({ ...of, prices: prices.slice(1), expectedVersion })],
    windows: [(expectedVersion: number) => api.setWindows({ ...of, windows: [presale, general], expectedVersion }), (expectedVersion: number) => api.setWindows({ ...of, windows: [presale], expectedVersion })],
    policies: [(expectedVersion: number) => api.setPolicies({ ...of, ...policies, expectedVersion }), (expectedVersion: number) => api.setPolicies({ ...of, ...policies, bookingFee: 0, expectedVersion })],
  }
}

test('who saves a show over a change not seen is refused with the version that is there now, and nothing is saved', async () => {
  for (const name of ['update', 'plan', 'prices', 'windows', 'policies'] as const) {
    const { id, version } = await readyShow(ground)
    const [first, second] = changes(id)[name]
    assert.ok(first && second)
    await first(version)
    const stored = await ground.api.showDetail({ showId: id, viewer: ground.organiser })
    assert.equal(stored.version, version + 1, name)
    const refusal = await refusalOf(second(version))
    assert.deepEqual([refusal.code, refusal.params], ['edited_meanwhile', { version: version + 1 }], name)
    assert.deepEqual(await ground.api.showDetail({ showId: id, viewer: ground.organiser }), stored, name)
    await second(version + 1)
  }
})

test('a repeat of a change whose answer was lost is no conflict: it finds all as wanted and writes nothing', async () => {
  for (const name of ['update', 'plan', 'prices', 'windows', 'policies'] as const) {
    const { id, version } = await readyShow(ground)
    const [first] = changes(id)[name]
    assert.ok(first)
    const answer = await first(version)
    const acts = await ground.audited(id)
    assert.deepEqual(await first(version), answer, name)
    assert.deepEqual(await ground.audited(id), acts, name)
  }
  const { id, version } = await readyShow(ground)
  const [first] = changes(id).windows
  await first?.(version)
  const of = { by: ground.organiser, showId: id, expectedVersion: version }
  const otherCode = { ...presale, codes: ['fan-1', 'fan-3'] }
  assert.equal((await refusalOf(ground.api.setWindows({ ...of, windows: [otherCode, general] }))).code, 'edited_meanwhile', 'other codes are another wish')
})

test('two editors at one instant: one saves, the other is told', async () => {
  const { id, version } = await readyShow(ground)
  const [first, second] = changes(id).prices
  const other = ground.again().api
  const answers = await Promise.allSettled([first?.(version), other.setPrices({ by: ground.organiser, showId: id, prices: prices.slice(0, 2), expectedVersion: version }), second?.(version)])
  assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const answer of answers) if (answer.status === 'rejected') assert.equal(answer.reason.code, 'edited_meanwhile')
})

test('without a version everything is saved as before; publishing with one publishes only what was looked at', async () => {
  const { id, version } = await readyShow(ground)
  const of = { by: ground.organiser, showId: id }
  await ground.api.setPrices({ ...of, prices })
  await ground.api.setPrices({ ...of, prices })
  assert.equal((await refusalOf(ground.api.publish({ ...of, expectedVersion: version }))).code, 'edited_meanwhile')
  const published = await ground.api.publish({ ...of, expectedVersion: version + 2 })
  assert.equal(published.status, 'published')
  assert.equal((await ground.api.publish({ ...of, expectedVersion: version + 2 })).version, published.version, 'a repeat finds it published')
})

test('the words of a concert have a version of their own, which its shows and staff do not change', async () => {
  const { api, organiser: by } = ground
  const { id, version } = await concertNamed(ground, '겨울밤')
  await api.createShow({ by, concertId: id, ...times })
  await api.addStaff({ by, concertId: id, userId: by.userId })
  const changed = await api.updateConcert({ by, concertId: id, ...words, description: '첫째', expectedVersion: version })
  assert.deepEqual([changed.version, (await api.concert({ concertId: id, viewer: by })).version], [version + 1, version + 1])
  const refusal = await refusalOf(api.updateConcert({ by, concertId: id, ...words, description: '둘째', expectedVersion: version }))
  assert.deepEqual([refusal.code, refusal.params], ['edited_meanwhile', { version: version + 1 }])
  assert.deepEqual(await api.updateConcert({ by, concertId: id, ...words, description: '첫째', expectedVersion: version }), changed)
})

test('over HTTP the version is If-Match, a conflict is 412, and what is no version is a bad request', async () => {
  const who = ground.organiser
  const show = await readyShow(ground)
  const at = `/api/shows/${show.id}`
  const body = { startsAt: iso(times.startsAt), endsAt: iso(times.endsAt), timeZone: 'Asia/Seoul' }
  const window = { ...general, opensAt: iso(general.opensAt), closesAt: iso(general.closesAt) }
  const puts: [string, unknown][] = [
    [at, { ...body, endsAt: iso(times.endsAt + day) }], [`${at}/plan`, otherHall], [`${at}/prices`, { prices: [] }],
    [`${at}/windows`, { windows: [{ ...window, name: '다른 이름' }] }], [`${at}/policies`, policies], [`/api/concerts/${show.concertId}`, { title: '다른 이름', venue: '홀' }],
  ]
  for (const [url, given] of puts) {
    const put = (version: string, sent = given) => routes.call('PUT', url, { who, body: sent, headers: { 'if-match': version } })
    const stale = await put('"0"')
    assert.deepEqual([stale.status, stale.body.code], [412, 'edited_meanwhile'], url)
    for (const bad of ['7', '"x"', '*', 'W/"1"', '"99999999999"', '""']) assert.deepEqual([(await put(bad)).status, (await put(bad)).body.code], [400, 'request_invalid'], `${url} ${bad}`)
    const saved = await put(`"${stale.body.version}"`)
    assert.deepEqual([saved.status, saved.body.version], [200, stale.body.version + 1], url)
  }
  const published = await routes.call('POST', `${at}/publish`, { who, headers: { 'if-match': '"1"' } })
  assert.deepEqual([published.status, published.body.code], [412, 'edited_meanwhile'])
})
