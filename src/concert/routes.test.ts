import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, test } from 'node:test'
import { csvOf } from './plan-csv.ts'
import { ownsShow } from './routes.ts'
import { assertSound, codeOf, concertNamed, day, general, type Ground, hall, openGround, openRoutes, presale, prices, publishedShow, readyShow, startedAt, times } from './testing.ts'
import type { Stock } from './views.ts'

let ground: Ground
let routes: Awaited<ReturnType<typeof openRoutes>>
/** What seat answers; tests set it. */
let stocks: Map<string, Stock> | Error = new Map()
let asked: string[][] = []
const iso = (ms: number) => new Date(ms).toISOString()
const buyer = { role: 'buyer', userId: randomUUID() }
const stranger = { role: 'organiser', userId: randomUUID() }

before(async () => {
  ground = await openGround()
  routes = await openRoutes(ground, async (showIds) => {
    asked.push(showIds)
    if (stocks instanceof Error) throw stocks
    return stocks
  })
})
afterEach(() => {
  stocks = new Map()
  asked = []
  return assertSound(ground)
})
after(async () => {
  await routes.app.close()
  await ground.close()
})
const call: typeof routes.call = (...given) => routes.call(...given)
const showBody = { startsAt: iso(times.startsAt), endsAt: iso(times.endsAt), timeZone: 'Asia/Seoul' }
const windowBody = (window: typeof general | typeof presale) => ({ ...window, opensAt: iso(window.opensAt), closesAt: iso(window.closesAt) })

test('an organiser sets up a whole show over HTTP; what is made is what was sent (G4, G6, G8)', async () => {
  const who = ground.organiser
  const made = await call('POST', '/api/concerts', { who, body: { title: '봄밤 콘서트', venue: '올림픽홀' } })
  assert.equal(made.status, 201)
  assert.deepEqual([made.body.createdAt, made.headers.location], [iso(startedAt), `/api/concerts/${made.body.id}`])
  const show = await call('POST', `/api/concerts/${made.body.id}/shows`, { who, body: showBody })
  assert.deepEqual([show.status, show.body.status, show.body.startsAt, show.body.concertId], [201, 'draft', showBody.startsAt, made.body.id])
  const at = `/api/shows/${show.body.id}`
  const plan = await call('PUT', `${at}/plan`, { who, body: hall })
  assert.deepEqual([plan.status, plan.body.planVersion, plan.body.totals.length], [200, 1, 3])
  assert.equal((await call('PUT', `${at}/prices`, { who, body: { prices } })).status, 200)
  const windows = await call('PUT', `${at}/windows`, { who, body: { windows: [windowBody(presale), windowBody(general)] } })
  assert.equal(windows.status, 200)
  assert.deepEqual((await call('GET', `${at}/windows`, { who })).body.windows, windows.body.windows)
  assert.deepEqual([windows.body.windows[0].codeCount, JSON.stringify(windows.body).toLowerCase().includes('fan-')], [2, false])
  const policies = { ticketsPerUserMax: 2, bookingFee: 1_000, policy: { cutoffMinutesBeforeStart: 60 } }
  const set = await call('PUT', `${at}/policies`, { who, body: policies })
  const kept = { ...policies, policy: { version: 2, cutoffMinutesBeforeStart: 60 } }
  assert.deepEqual(set.body, { ...kept, version: set.body.version })
  const published = await call('POST', `${at}/publish`, { who })
  assert.deepEqual([published.status, published.body.status, published.body.prices], [200, 'published', prices])
  assert.deepEqual((await call('GET', `${at}/policies`)).body, { ...kept, version: published.body.version })
  const list = await call('GET', `/api/concerts/${made.body.id}/shows`)
  assert.deepEqual([list.body.items.length, list.body.items[0].windows.length, list.body.nextCursor], [1, 2, null])
  const found = await call('GET', `/api/concerts?title=${encodeURIComponent('봄밤')}`)
  assert.deepEqual(Object.keys(found.body), ['totalElements', 'totalPages', 'page', 'size', 'items'])
  assert.deepEqual([found.body.totalElements, found.body.size, found.body.items[0].firstShowAt], [1, 20, showBody.startsAt])
})

test('a show with all its parts is made by one request, and the same Idempotency-Key makes no second', async () => {
  const who = ground.organiser
  const { id } = await concertNamed(ground, '한 요청')
  const body = { ...showBody, plan: hall, prices, windows: [windowBody(general)] }
  const post = (given: object, key: string) => call('POST', `/api/concerts/${id}/shows`, { who, body: given, headers: { 'idempotency-key': key } })
  const [first, second] = [await post(body, 'k'), await post(body, 'k')]
  assert.deepEqual([first.status, second.status, second.body], [201, 201, first.body])
  assert.equal((await post({ ...body, bookingFee: 1 }, 'k')).body.code, 'idempotency_conflict')
  assert.equal((await post(body, 'bad key')).body.code, 'idempotency_key_invalid')
  assert.notEqual((await post(body, 'other')).body.id, first.body.id)
  const concert = () => call('POST', '/api/concerts', { who, body: { title: '키', venue: '홀' }, headers: { 'idempotency-key': 'c' } })
  assert.equal((await concert()).body.id, (await concert()).body.id)
})

test('every filter and sort of the search works by itself and together (G1)', async () => {
  const { id: concertId } = await concertNamed(ground, '검색되는 공연')
  await publishedShow(ground, { concertId, startsAt: Date.UTC(2027, 5, 15, 23) })
  const count = async (query: string) => (await call('GET', `/api/concerts?title=${encodeURIComponent('검색되는')}&${query}`)).body.totalElements
  for (const query of ['', 'sort=date', 'sort=-date', 'sort=title', 'sort=-created', 'from=2027-06-15', 'to=2027-06-15', 'from=2027-06-15&to=2027-06-15',
    'from=2027-06-15T23:00:00Z&to=2027-06-15T23:00:00Z', 'to=2027-06-16T08:00:00%2B09:00', 'page=0&size=1&sort=title&from=2027-01-01'])
    assert.equal(await count(query), 1, query)
  for (const query of ['from=2027-06-16', 'to=2027-06-14', 'from=2027-06-15T23:00:00.001Z', 'to=2027-06-15T22:59:59.999Z'])
    assert.equal(await count(query), 0, query)
  assert.equal(await count('openingMinutes=1440'), 1, 'its window opens in a day')
  assert.equal(await count('openingMinutes=1439'), 0)
  assert.equal((await call('GET', '/api/concerts')).status, 200)
})

test('what the search does not know is a bad request, not a server error (G2, G3)', async () => {
  for (const query of ['sort=price', 'sort=', 'size=0', 'size=101', 'size=1e9', 'page=-1', 'page=x', 'from=yesterday', 'from=2027-02-30', 'to=2027-06-15T23:00:00',
    'title=a', 'unknown=1', 'openingMinutes=0', 'openingMinutes=1441', 'sort=opening', 'from=2027-13-01'])
    assert.deepEqual([(await call('GET', `/api/concerts?${query}`)).status], [400], query)
  assert.equal((await call('GET', '/api/shows/not-a-uuid')).status, 400)
  assert.equal((await call('GET', `/api/concerts/${randomUUID()}/shows?cursor=xxx`)).status, 400)
})

test('bodies are taken exactly: no unknown keys, no coercion, no columns of the table (G3)', async () => {
  const who = ground.organiser
  const { id } = await concertNamed(ground, '엄격')
  const bodies = [{ ...showBody, status: 'published' }, { ...showBody, organiserId: who.userId }, { ...showBody, bookingFee: '1' }, { ...showBody, ticketsPerUserMax: 51 },
    { ...showBody, startsAt: 'tomorrow' }, { ...showBody, startsAt: times.startsAt }, {}, null, '{']
  for (const body of bodies) assert.equal((await call('POST', `/api/concerts/${id}/shows`, { who, body, headers: { 'content-type': 'application/json' } })).status, 400, JSON.stringify(body))
  assert.equal((await call('POST', '/api/concerts', { who, body: { title: 'x', venue: 'y', id: randomUUID() } })).status, 400)
})

test('seats left are asked now and never remembered', async () => {
  const { id } = await publishedShow(ground)
  const left = (available: number) => [{ grade: 'VIP', total: 5, available }]
  stocks = new Map([[id, { availability: { state: 'open' }, left: left(5) }]])
  const first = await call('GET', `/api/shows/${id}`)
  assert.deepEqual([first.body.availability, first.body.left], [{ state: 'open' }, left(5)])
  stocks = new Map([[id, { availability: { state: 'all_held', earliestUntil: startedAt }, left: left(0) }]])
  const second = await call('GET', `/api/shows/${id}`)
  assert.deepEqual([second.body.availability, second.body.left], [{ state: 'all_held', earliestUntil: iso(startedAt) }, left(0)])
})

test('if seat does not answer, what is left is not known: null, never 0 or sold out (F2, F5)', async () => {
  const { id, concertId } = await publishedShow(ground)
  stocks = new Error('seat is away')
  const show = await call('GET', `/api/shows/${id}`)
  assert.deepEqual([show.status, show.body.availability, show.body.left], [200, null, null])
  assert.equal((await call('GET', `/api/concerts/${concertId}/shows`)).body.items[0].left, null)
  stocks = new Map()
  assert.equal((await call('GET', `/api/shows/${id}`)).body.left, null, 'a show that seat does not have yet')
})

test('the shows of a concert are asked of seat together, page by page (F6)', async () => {
  const { id: concertId } = await concertNamed(ground, '여러 회차')
  const ids: string[] = []
  for (let i = 0; i < 3; i++) ids.push((await publishedShow(ground, { concertId, startsAt: times.startsAt + i * day })).id)
  asked = []
  const first = await call('GET', `/api/concerts/${concertId}/shows?limit=2`)
  const second = await call('GET', `/api/concerts/${concertId}/shows?limit=2&cursor=${first.body.nextCursor}`)
  assert.deepEqual([...first.body.items, ...second.body.items].map((show: { id: string }) => show.id), ids)
  assert.equal(second.body.nextCursor, null)
  assert.deepEqual(asked, [ids.slice(0, 2), ids.slice(2)])
})

test('a draft is 404 to all but its owner and operators', async () => {
  const { id, concertId } = await readyShow(ground)
  const visible = async (who?: { role: string; userId: string }) => {
    const show = await call('GET', `/api/shows/${id}`, who ? { who } : {})
    const list = await call('GET', `/api/concerts/${concertId}/shows`, who ? { who } : {})
    return [show.status, list.body.items.length]
  }
  assert.deepEqual(await visible(), [404, 0])
  assert.deepEqual(await visible(buyer), [404, 0])
  assert.deepEqual(await visible(stranger), [404, 0])
  assert.deepEqual(await visible({ role: 'buyer', userId: ground.organiser.userId }), [404, 0])
  assert.deepEqual(await visible(ground.organiser), [200, 1])
  assert.deepEqual(await visible(ground.operator), [200, 1])
})

test('only organisers of the concert and operators change anything; another organiser finds nothing (D1, D2)', async () => {
  const { id, concertId } = await readyShow(ground)
  const at = `/api/shows/${id}`
  const policies = { ticketsPerUserMax: 2, bookingFee: 1_000, policy: { cutoffMinutesBeforeStart: 60 } }
  const doors: ['GET' | 'POST' | 'PUT' | 'DELETE', string, unknown?][] = [
    ['PUT', `/api/concerts/${concertId}`, { title: 'x', venue: 'y' }], ['DELETE', `/api/concerts/${concertId}`],
    ['POST', `/api/concerts/${concertId}/shows`, showBody], ['PUT', at, showBody], ['DELETE', at], ['POST', `${at}/publish`],
    ['POST', `${at}/unpublish`], ['POST', `${at}/cancel`, { reason: 'x' }], ['GET', `${at}/plan`], ['PUT', `${at}/plan`, hall],
    ['GET', `${at}/windows`], ['PUT', `${at}/windows`, { windows: [] }], ['PUT', `${at}/policies`, policies], ['PUT', `${at}/prices`, { prices }],
  ]
  for (const [method, url, body] of doors) {
    assert.equal((await call(method, url, { body })).status, 401, `${method} ${url}`)
    assert.equal((await call(method, url, { body, who: buyer })).status, 403, `${method} ${url}`)
    assert.equal((await call(method, url, { body, who: stranger })).status, 404, `${method} ${url}`)
  }
  for (const action of ['pause', 'resume'])
    assert.equal((await call('POST', `/api/operations/shows/${id}/${action}`, { who: ground.organiser })).status, 403)
  assert.equal((await ground.api.showDetail({ showId: id, viewer: ground.organiser })).updatedAt, startedAt)
})

test('unpublish answers 202 and the refusal is visible afterwards; delete answers 202, then it is gone', async () => {
  const who = ground.organiser
  const { id, concertId } = await publishedShow(ground)
  const unpublished = await call('POST', `/api/shows/${id}/unpublish`, { who })
  assert.deepEqual([unpublished.status, unpublished.body.status, unpublished.headers.location], [202, 'closing', `/api/shows/${id}`])
  await ground.seatSays('seat.occupied', [id], { purpose: 'unpublish' })
  assert.equal((await call('GET', `/api/shows/${id}`)).body.closingResult, 'concert_has_buyers')
  const deleted = await call('DELETE', `/api/concerts/${concertId}`, { who })
  assert.deepEqual([deleted.status, deleted.body.closing], [202, true])
  await ground.seatSays('seat.emptied', [id], { purpose: 'delete' })
  assert.equal((await call('GET', `/api/concerts/${concertId}`)).status, 404)
  assert.equal((await call('GET', `/api/shows/${id}`)).status, 404)
  const draft = await readyShow(ground)
  assert.equal((await call('DELETE', `/api/shows/${draft.id}`, { who })).status, 204)
  assert.equal((await call('DELETE', `/api/concerts/${draft.concertId}`, { who })).status, 204)
})

test('an operator pauses and resumes, an organiser cancels with a reason', async () => {
  const { id } = await publishedShow(ground)
  const operate = (action: string) => call('POST', `/api/operations/shows/${id}/${action}`, { who: ground.operator })
  assert.equal((await operate('pause')).body.paused, true)
  assert.equal((await operate('resume')).body.paused, false)
  assert.equal((await call('POST', `/api/shows/${id}/cancel`, { who: ground.organiser, body: {} })).status, 400)
  const cancelled = await call('POST', `/api/shows/${id}/cancel`, { who: ground.organiser, body: { reason: '태풍' } })
  assert.deepEqual([cancelled.status, cancelled.body.status, cancelled.body.cancelledReason], [200, 'cancelled', '태풍'])
})

test('the plan goes in and out as CSV', async () => {
  const who = ground.organiser
  const { id } = await readyShow(ground)
  const url = `/api/shows/${id}/plan`
  const put = (body: string, type = 'text/csv; charset=utf-8') => call('PUT', url, { who, body, headers: { 'content-type': type } })
  assert.equal((await put(csvOf(hall))).body.planVersion, 2)
  for (const [path, headers] of [[url, { accept: 'text/csv' }], [`${url}?format=csv`, {}]] as const) {
    const { status, body, headers: sent } = await call('GET', path, { who, headers })
    assert.deepEqual([status, body, sent['content-type']], [200, csvOf(hall), 'text/csv; charset=utf-8'])
  }
  assert.deepEqual((await call('GET', url, { who })).body, { planVersion: 2, sections: hall.sections })
  assert.deepEqual((await call('GET', `${url}?format=json`, { who, headers: { accept: 'text/csv' } })).body.planVersion, 2)
  assert.deepEqual((await put('A,seated,1,2,R\nA,seated,1,2,R')).body, { code: 'plan_invalid', detail: 'section A: row 1 is there twice' })
  assert.equal((await put('A,seated,\0,2,R')).status, 400)
  assert.equal((await put('x'.repeat(50))).body.code, 'plan_invalid')
  assert.equal((await put('<a/>', 'application/xml')).status, 415)
  assert.equal((await call('GET', `${url}?format=xml`, { who })).status, 400)
})

test('the largest hall fits: 100,000 seats in 200 sections', async () => {
  const who = ground.organiser
  const { id } = await readyShow(ground)
  const rows = Array.from({ length: 25 }, (_, i) => ({ name: String(i + 1), seats: 20, aisle: [1, 20] }))
  const sections = Array.from({ length: 200 }, (_, i) => ({ name: `S${i}`, kind: 'seated', grade: 'R', rows }))
  const json = await call('PUT', `/api/shows/${id}/plan`, { who, body: { sections } })
  assert.deepEqual([json.body.planVersion, json.body.totals], [2, [{ grade: 'R', total: 100_000 }]])
  const csv = (await call('GET', `/api/shows/${id}/plan?format=csv`, { who })).body
  const again = await call('PUT', `/api/shows/${id}/plan`, { who, body: csv, headers: { 'content-type': 'text/csv' } })
  assert.equal(again.body.planVersion, 3)
})

test('ownsShow lets the owner and operators pass', async () => {
  const { id } = await readyShow(ground)
  const published = await publishedShow(ground)
  const owner = ownsShow(ground.api)
  const as = (who: { role: string; userId: string }, showId: string) =>
    owner({ ...who, sessionId: who.userId, epoch: 0 } as Parameters<typeof owner>[0], showId)
  for (const showId of [id, published.id]) {
    await as(ground.organiser, showId)
    await as(ground.operator, showId)
    for (const who of [stranger, buyer, { ...ground.organiser, role: 'staff' }]) assert.equal(await codeOf(as(who, showId)), 'show_unknown')
  }
  assert.equal(await codeOf(as(ground.operator, randomUUID())), 'show_unknown')
})
