import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomUUID } from 'node:crypto'
import { catalogue } from '../src/gateway/catalogue.ts'
import { exampleOf, type Route, routesOf, type Schema } from './document.ts'
import { type Answer, openSystem, type Person, type TestSystem } from './system.ts'

let world: TestSystem
let showId: string
let fan: Person
let routes: Route[]

before(async () => {
  world = await openSystem()
  showId = await world.onSale()
  fan = (await world.fans(1))[0] as Person
  routes = routesOf(world)
})
after(() => world.close())

const at = (path: string, id: string) => path.replace(/\{\w+\}/g, id)

/** Whatever is sent: never 5xx (but an honest 503), and every "no" is a problem with a code of the catalogue. */
function assertHonest(answer: Answer, what: string) {
  assert.ok(answer.status < 500 || answer.status === 503, `${what} answered ${answer.status} ${JSON.stringify(answer.body)}`)
  if (answer.status < 400) return
  assert.match(String(answer.headers['content-type']), /application\/problem\+json/, what)
  assert.ok(catalogue[answer.body.code as string], `${what} answered the unknown code ${answer.body.code}`)
  assert.equal(answer.status, catalogue[answer.body.code as string]?.status, what)
  assert.doesNotMatch(JSON.stringify(answer.body), /at \/|node_modules|select |insert |SQLSTATE|pg_/i, `${what} shows its insides`)
}

test('every route in the document is known and none is reachable without saying who may call it', () => {
  assert.ok(routes.length > 40, `${routes.length} routes`)
  for (const wanted of ['/api/users', '/api/sessions', '/api/concerts', '/api/shows/{id}/queue', '/api/shows/{id}/holds', '/api/reservations', '/api/payments', '/api/wallet/top-ups'])
    assert.ok(routes.some((route) => route.path === wanted), `${wanted} is documented`)
})

test('without a token, with a forged one and with a foreign scheme every closed route answers 401', async () => {
  for (const route of routes.filter((each) => !each.open)) {
    for (const headers of [{}, { authorization: 'Bearer session.t.e30.AAAA' }, { authorization: `Bearer ${fan.token}x` }, { authorization: 'Basic Zm9vOmJhcg==' }]) {
      const answer = await world.send(route.method, at(route.path, showId), { headers, ...(route.body ? { body: {} } : {}) })
      assert.equal(answer.status, 401, `${route.method} ${route.path}`)
      assertHonest(answer, `${route.method} ${route.path} without a token`)
    }
  }
})

test('an expired token is told apart and refused', async () => {
  const [other] = await world.fans(1, 0)
  world.time.now += 3 * 3_600_000
  const answer = await world.send('GET', '/api/me', { token: other?.token })
  world.time.now -= 3 * 3_600_000
  assert.equal(answer.body.code, 'token_expired')
})

test('malformed ids and ids that do not exist are 400 and 404 on every route', async () => {
  for (const route of routes.filter((each) => each.path.includes('{id}'))) {
    const token = route.path.startsWith('/api/operations') ? world.operator.token : fan.token
    for (const id of ['1', 'null', '..%2f..', `${randomUUID()}%00`, "'%20or%201=1--", randomUUID()]) {
      const answer = await world.send(route.method, at(route.path, id), { token, ...(route.body ? { body: sample(route.body) } : {}) })
      assertHonest(answer, `${route.method} ${at(route.path, id)}`)
      if (route.method !== 'GET') assert.ok(answer.status >= 400 || answer.status === 204, `${route.method} ${at(route.path, id)} answered ${answer.status}`)
    }
  }
})

test('an id has one spelling: another one of the same is refused on every route, in the path and in the body', async () => {
  const [upper, urn] = [(id: string) => id.toUpperCase(), (id: string) => `urn:uuid:${id}`]
  const id = 'abcdefab-cdef-4abc-8def-abcdefabcdef'
  for (const spelled of [upper(id), urn(id)]) {
    for (const route of routes.filter((each) => each.path.includes('{id}'))) {
      const answer = await world.send(route.method, at(route.path, spelled), { token: world.operator.token, ...(route.body ? { body: sample(route.body) } : {}) })
      assert.equal(answer.body.code, 'request_invalid', `${route.method} ${at(route.path, spelled)}`)
    }
    for (const body of [{ holdIds: [spelled] }, { holdIds: [id, spelled] }]) assert.equal((await world.send('POST', '/api/reservations', { token: fan.token, body })).body.code, 'request_invalid')
    assert.equal((await world.send('POST', '/api/payments', { token: fan.token, body: { reservationId: spelled } })).body.code, 'request_invalid')
  }
})

const nasty = [null, -1, 0, 1.5, 1e308, 2 ** 53, 2 ** 31, '', ' ', '\u0000', 'a\u0000b', 'x'.repeat(10_000), [], {}, [[]], true, '2027-02-30T25:00:00Z', '__proto__']

test('each field of each body, made wrong in every way, is a refusal and nothing else', async () => {
  const before = await world.verify()
  let sent = 0
  for (const route of routes.filter((each) => each.body)) {
    const good = sample(route.body as Schema)
    const bodies: unknown[] = [null, [], 'text', 7, { ...good, unknownKey: 1 }, { ...good, userId: randomUUID() }]
    for (const name of Object.keys(good)) for (const value of nasty) bodies.push({ ...good, [name]: value })
    for (const token of [fan.token, world.operator.token])
      for (const body of bodies) {
        if (route.path.includes('rehearsals')) continue
        const answer = await world.send(route.method, at(route.path, randomUUID()), { token, body })
        assertHonest(answer, `${route.method} ${route.path} ${JSON.stringify(body).slice(0, 200)}`)
        sent++
      }
    const unknown = await world.send(route.method, at(route.path, showId), { token: world.operator.token, body: { ...good, unknownKey: 1 } })
    assert.ok(unknown.status >= 400, `${route.method} ${route.path} takes unknown keys`)
  }
  assert.ok(sent > 1_000, `${sent} bad bodies`)
  await world.settle()
  assert.deepEqual((await world.verify()).violations, before.violations)
})

test('broken JSON, lone surrogates, NUL, __proto__, deep nesting, oversize and other media types', async () => {
  const raws = ['{', '{"a":', 'nul', '"\\ud800"', '{"email":"\\ud800@x.y"}', '{"email":"a\\u0000@x.y"}', '{"__proto__":{"role":"operator"}}', '{"constructor":1}', '['.repeat(200) + ']'.repeat(200)]
  for (const route of routes.filter((each) => each.body))
    for (const raw of raws) {
      const answer = await world.send(route.method, at(route.path, showId), { token: fan.token, raw })
      assert.ok(answer.status >= 400, `${route.method} ${route.path} took ${raw.slice(0, 40)}`)
      assertHonest(answer, `${route.method} ${route.path} ${raw.slice(0, 40)}`)
    }
  const large = await world.send('POST', '/api/users', { raw: `{"name":"${'x'.repeat(70_000)}"}` })
  assert.equal(large.body.code, 'body_too_large')
  const form = await world.send('POST', '/api/users', { raw: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  assert.equal(form.body.code, 'media_type_unsupported')
})

test('an Idempotency-Key with another body is refused and changes nothing; a malformed one too', async () => {
  const one = await world.send('POST', '/api/wallet/top-ups', { token: fan.token, key: 'same', body: { amount: 1_000 } })
  assert.equal(one.status, 201)
  const balance = (await world.send('GET', '/api/me', { token: fan.token })).body.balance
  const other = await world.send('POST', '/api/wallet/top-ups', { token: fan.token, key: 'same', body: { amount: 2_000 } })
  assert.equal(other.status, 422)
  assert.equal(other.body.code, 'idempotency_conflict')
  const again = await world.send('POST', '/api/wallet/top-ups', { token: fan.token, key: 'same', body: { amount: 1_000 } })
  assert.equal(again.body.id, one.body.id)
  assert.equal((await world.send('GET', '/api/me', { token: fan.token })).body.balance, balance)
  for (const key of [' ', 'x'.repeat(201), '한글']) {
    const answer = await world.send('POST', '/api/wallet/top-ups', { token: fan.token, headers: { 'idempotency-key': key }, body: { amount: 1 } }).catch(() => undefined)
    if (answer) assert.ok(answer.status === 400 || answer.status === 201, key)
  }
})

test('every refusal is counted by its code, also of what is not there', async () => {
  const countOf = async (code: string) =>
    (await world.metrics.refusals.get()).values.find(({ labels }) => labels.code === code)?.value ?? 0
  const before = [await countOf('not_found'), await countOf('concert_unknown')]
  assert.equal((await world.send('GET', '/api/nothing')).body.code, 'not_found')
  assert.equal((await world.send('POST', '/wp-login.php', { body: {} })).body.code, 'not_found')
  assert.equal((await world.send('GET', `/api/concerts/${randomUUID()}`)).body.code, 'concert_unknown')
  assert.equal((await world.send('GET', '/api/nothing%00')).status, 400)
  assert.deepEqual([await countOf('not_found'), await countOf('concert_unknown')], [before[0]! + 2, before[1]! + 1])
})

test('every answer is counted once, by its route and status, also one that is refused or has no route', async () => {
  const countOf = async (route: string, status: string) => {
    const { values } = await world.metrics.httpSeconds.get()
    return values.find(({ metricName, labels }) => metricName.endsWith('_count') && labels.method === 'GET' && labels.route === route && labels.status === status)?.value ?? 0
  }
  const seen = () => Promise.all([countOf('/api/concerts', '200'), countOf('/api/concerts/:id', '404'), countOf('none', '404'), countOf('/api/wallet', '401')])
  const before = await seen()
  for (const path of ['/api/concerts', '/api/concerts', `/api/concerts/${randomUUID()}`, '/api/nothing', '/api/wallet']) await world.send('GET', path)
  assert.deepEqual(await seen(), [before[0] + 2, before[1] + 1, before[2] + 1, before[3] + 1])
})

test('one poisoned request never touches its neighbours', async () => {
  const fans = await world.fans(20)
  const poison = '{"reservationId":"00000000-0000-4000-8000-000000000000","source":"a\\u0000"}'
  const answers = await Promise.all(fans.flatMap((each) => [
    world.send('POST', '/api/payments', { token: each.token, raw: poison }),
    world.send('POST', '/api/wallet/top-ups', { token: each.token, body: { amount: 100 } }),
  ]))
  for (const [index, answer] of answers.entries()) assert.equal(answer.status, index % 2 === 0 ? 400 : 201)
})

/** A body that fits the schema in form; its ids name nothing. */
const sample = (schema: Schema) => exampleOf(schema) as Record<string, unknown>
