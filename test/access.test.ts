import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import sql, { raw } from 'sql-template-tag'
import { catalogue } from '../src/gateway/catalogue.ts'
import type { SessionClaims } from '../src/platform/principal.ts'
import { createTokens } from '../src/platform/token.ts'
import { serviceNames } from '../src/services.ts'
import { exampleOf, type Route, routesOf, routesServed } from './document.ts'
import { hold, pay, reserve, reserved } from './steps.ts'
import { type Answer, must, openSystem, type Person, type Send, type TestSystem } from './system.ts'

type Things = { show: string; concert: string; hold: string; pending: string; confirmed: string; payment: string; topUp: string; withdrawal: string; appeal: string; watch: string }
let world: TestSystem
let routes: Route[]
let owner: Person
let things: Things

before(async () => {
  world = await openSystem()
  routes = routesOf(world)
  owner = (await world.fans(1))[0] as Person
  things = await possessions(owner)
})
after(() => world.close())

/** Something of every kind that one person can own. */
async function possessions(person: Person): Promise<Things> {
  const { token } = person
  const [show, other] = [await world.onSale(), await world.onSale()]
  const bought = await reserved(world, person, other, [1, 2])
  const payment = await must(pay(world, person, bought.reservationId))
  const pass = await world.passOf(person, show)
  const pending = await must(reserve(world, person, (await must(hold(world, person, show, [1], { pass }))).body.id))
  const held = await must(hold(world, person, show, [2], { pass }))
  const topUp = await must(world.send('POST', '/api/wallet/top-ups', { token, body: { amount: 5_000 } }))
  const withdrawal = await must(world.send('POST', '/api/wallet/withdrawals', { token, body: { amount: 1_000 } }))
  const appeal = await must(world.send('POST', `/api/shows/${show}/queue/appeals`, { token, body: { text: 'this is wrong' } }))
  const watch = await must(world.send('POST', `/api/shows/${show}/watches`, { token, body: { quantity: 2, together: false } }))
  await world.settle()
  const concert = (await must(world.send('GET', `/api/shows/${show}`))).body.concertId
  return { show, concert, hold: held.body.id, pending: pending.body.id, confirmed: bought.reservationId, payment: payment.body.id, topUp: topUp.body.id, withdrawal: withdrawal.body.id, appeal: appeal.body.id, watch: watch.body.id }
}

/** Whose thing the id in a path names; a new kind of path needs a line here. */
const named: [prefix: string, of: () => string][] = [
  ['/api/providers/', () => 'sandbox'],
  ['/api/users/', () => owner.userId],
  ['/api/concerts/', () => things.concert],
  ['/api/shows/', () => things.show],
  ['/api/operations/shows/', () => things.show],
  ['/api/operations/appeals/', () => things.appeal],
  ['/api/watches/', () => things.watch],
  ['/api/wallet/top-ups/', () => things.topUp],
  ['/api/wallet/withdrawals/', () => things.withdrawal],
  ['/api/holds/', () => things.hold],
  ['/api/reservations/', () => things.pending],
  ['/api/payments/', () => things.payment],
]
const urlOf = ({ path, queries }: Route) => {
  const [, of] = named.find(([prefix]) => path.startsWith(`${prefix}{`)) ?? assert.fail(`${path}: say in this test whose thing the id names`)
  const required = queries.filter((query) => query.required).map(({ name, schema }) => `${name}=${name === 'showId' ? things.show : exampleOf(schema)}`)
  return `${path.replace(/\{\w+\}/g, of())}?${required.join('&')}`
}
const urlAt = (route: Route) => (route.path.includes('{') ? urlOf(route) : urlOf({ ...route, path: `/api/shows/{x}` }).replace(/^[^?]*/, route.path))

/** A good body that names the owner's things wherever a body can name one. */
const sections = [{ name: 'A', kind: 'seated', grade: 'VIP', rows: [{ name: '1', seats: 1 }] }]
const windows = [{ name: 'w', opensAt: '2027-06-01T10:00:00Z', closesAt: '2027-06-02T10:00:00Z', audience: 'everyone', sections: null }]
const shownAt = { startsAt: '2027-07-01T10:00:00Z', endsAt: '2027-07-01T12:00:00Z', timeZone: 'Asia/Seoul' }
const bodyOf = ({ body }: Route) => body && exampleOf(body, {
  holdIds: [things.hold], reservationId: things.confirmed, replaces: things.hold, seatIds: [1], role: 'operator', sections, windows, ...shownAt,
}, true)
const bodied = (route: Route) => {
  const body = bodyOf(route)
  return body === undefined || body === null ? {} : { body }
}
const ask = (route: Route, more: Send = {}) => world.send(route.method, urlAt(route), { ...bodied(route), ...more })
const nameOf = ({ method, path }: Route) => `${method} ${path}`

function assertRefused(route: Route, { status, body }: Answer, codes: string[], who: string) {
  assert.ok(codes.includes(body.code), `${who}: ${nameOf(route)} answered ${status} ${body.code ?? JSON.stringify(body).slice(0, 200)}`)
  assert.equal(status, catalogue[body.code as string]?.status)
}

/** Every row of every service, a digest a table. */
async function contents(): Promise<Record<string, string>> {
  const tables = await world.db.rows<{ name: string }>(sql`
    select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
    where table_schema = any(${[...serviceNames]}::text[]) and table_type = 'BASE TABLE' order by 1`)
  assert.ok(tables.length > 40, `${tables.length} tables`)
  const digests = await Promise.all(tables.map(({ name }) => world.db.rows<{ digest: string }>(sql`
    select count(*) || ' rows ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from ${raw(name)} t`)))
  return Object.fromEntries(tables.map(({ name }, i) => [name, digests[i]?.[0]?.digest ?? '']))
}
async function withoutEffect(act: () => Promise<void>) {
  const had = await contents()
  await act()
  assert.deepEqual(await contents(), had)
}

test('the document names every route the server has', () => {
  assert.deepEqual(routes.map(nameOf).sort(), [...new Set(routesServed(world))].sort())
  assert.ok(routes.length > 60, `${routes.length} routes`)
})

test('nobody, and nobody with a bad token, gets or changes anything on a closed route', async () => {
  const claims: SessionClaims = { userId: owner.userId, sessionId: randomUUID(), role: 'operator', epoch: 0, exp: world.time.now + 60_000 }
  const [kind, key, , signature] = owner.token.split('.')
  const secret = (letter: string) => [{ id: 't', secret: letter.repeat(40) }]
  const tokens: Record<string, string | undefined> = {
    nobody: undefined,
    'a forged signature': `${owner.token.slice(0, -3)}AAA`,
    'other claims under a real signature': [kind, key, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.'),
    'another key': createTokens<SessionClaims>('session', secret('z')).sign(claims),
    'a key id that is not ours': createTokens<SessionClaims>('session', [{ id: 'x', secret: 's'.repeat(40) }]).sign(claims),
    'another kind under our key': createTokens<SessionClaims>('pass', secret('s')).sign(claims),
    'a pass': createTokens<SessionClaims>('pass', secret('p')).sign(claims),
    'no signature': `${kind}.${key}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`,
    'an expired one': createTokens<SessionClaims>('session', secret('s')).sign({ ...claims, exp: world.time.now }),
  }
  await withoutEffect(async () => {
    for (const [who, token] of Object.entries(tokens))
      for (const route of routes.filter((each) => !each.open))
        assertRefused(route, await ask(route, { token }), [who === 'an expired one' ? 'token_expired' : 'sign_in_required'], who)
  })
})

test('a session that has ended, and one of a role that was taken away, open nothing', async () => {
  const [gone] = (await world.fans(1, 0)) as [Person]
  await must(world.send('DELETE', '/api/sessions/current', { token: gone.token }))
  const deposed = await login('operator')
  await must(world.send('PUT', `/api/users/${deposed.userId}/role`, { token: world.operator.token, body: { role: 'buyer' } }))
  await withoutEffect(async () => {
    for (const { token } of [gone, deposed])
      for (const route of routes.filter((each) => !each.open)) assertRefused(route, await ask(route, { token }), ['sign_in_required'], 'an ended session')
  })
})

test('on an open route a bad token is no caller: the answer is that of nobody', async () => {
  for (const route of routes.filter((each) => each.open && each.method === 'GET' && !each.endless)) {
    const [nobody, forged] = [await ask(route), await ask(route, { token: `${owner.token}x` })]
    assert.deepEqual([forged.status, comparable(forged)], [nobody.status, comparable(nobody)], nameOf(route))
  }
})

async function login(role: 'buyer' | 'organiser' | 'operator'): Promise<Person> {
  const [email, password] = [`${role}-${randomUUID()}@test.example`, 'access-test-1234']
  await world.system.userService.ensureUser({ email, password, name: role, role })
  return world.signIn(email, password)
}

/** What a route for a thing of somebody else may say; organisers' and operators' routes say which role they want. */
const absent = Object.entries(catalogue).filter(([, { status }]) => status === 404).map(([code]) => code)
/** Routes whose id names something of everybody's: a show and its line are open to every buyer. */
const everybodys = (route: Route) => /^\/api\/shows\/\{id\}\/(queue|holds|watches)/.test(route.path) || route.open
const ownsAThing = (route: Route) => (route.path.includes('{') && !everybodys(route)) || /holdIds|reservationId/.test(JSON.stringify(route.body ?? {}))

test('D1: another buyer and another organiser find nothing of the owner and change nothing of the owner', async () => {
  const theirs = await seenBy(owner)
  for (const role of ['buyer', 'organiser'] as const) {
    const stranger = await login(role)
    for (const route of routes.filter((each) => !each.open && ownsAThing(each))) {
      const answer = await ask(route, { token: stranger.token, pass: 'x' })
      assertRefused(route, answer, [...absent, 'role_required'], role)
    }
    for (const route of routes.filter((each) => !each.open && !ownsAThing(each) && !leaves(each))) {
      const text = JSON.stringify((await ask(route, { token: stranger.token })).body)
      for (const [kind, id] of Object.entries({ ...things, user: owner.userId })) if (!['show', 'concert'].includes(kind)) assert.ok(!text.includes(id), `${role}: ${nameOf(route)} shows the owner's ${kind}`)
    }
  }
  assert.deepEqual(await seenBy(owner), theirs)
})

/** These end the caller's own session or account. */
const leaves = (route: Route) => ['DELETE /api/me', 'DELETE /api/sessions/current', 'PUT /api/me/password'].includes(nameOf(route))
const mine = (route: Route) => !route.open && route.method === 'GET'
async function seenBy({ token }: Person) {
  const answers: Record<string, unknown> = {}
  for (const route of routes.filter(mine)) answers[nameOf(route)] = comparable(await ask(route, { token }))
  return answers
}
const comparable = ({ body }: Answer) => JSON.parse(JSON.stringify(body, (key, value) => (key === 'requestId' ? undefined : value)))

test('D1: an identity smuggled into the body is refused on every route', async () => {
  const { token } = await login('operator')
  await withoutEffect(async () => {
    for (const route of routes.filter((each) => each.body))
      for (const name of ['userId', 'user_id', 'accountId', 'by', 'principal', 'sessionId']) {
        const answer = await ask(route, { token, pass: 'x', body: { ...(bodyOf(route) as object), [name]: owner.userId } })
        // who did not sign learns nothing of the form
        assertRefused(route, answer, route.path.startsWith('/api/providers/') ? ['callback_signature_invalid'] : ['request_invalid'], name)
      }
  })
})

test('an identity smuggled into the query or the headers is refused or not read', async () => {
  const { token } = await login('buyer')
  for (const route of routes.filter((each) => each.method === 'GET' && !each.endless)) {
    const plain = await ask(route, { token })
    const query = await world.send('GET', `${urlAt(route)}&userId=${owner.userId}`, { token })
    if (query.status !== 400) assert.deepEqual(comparable(query), comparable(plain), nameOf(route))
    const headers = { 'x-user-id': owner.userId, 'x-forwarded-user': owner.userId, 'x-role': 'operator', cookie: `session=${owner.token}; access_token=${owner.token}` }
    assert.deepEqual(comparable(await ask(route, { token, headers })), comparable(plain), nameOf(route))
  }
  const closed = routes.filter((each) => !each.open)
  const headers = { 'x-user-id': owner.userId, cookie: `session=${owner.token}; refresh=${owner.token}` }
  for (const route of closed) assertRefused(route, await ask(route, { headers }), ['sign_in_required'], 'a header in place of a token')
})
