import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { startChildServer } from '../src/cli/child-server.ts'
import { capOf, claimsOf, hashOf, openLine, place, shopKey, showOf, signer, stranger, tell } from './only-line.ts'
import { routesOf } from './document.ts'
import { passTime, signInAgain, sound } from './steps.ts'
import { must, openSystem, type TestSystem } from './system.ts'

let world: TestSystem
before(async () => {
  world = await openLine()
})
after(() => world.close())

const check = (pass: string | undefined, showId: string, user?: string) =>
  world.send('GET', `/api/passes/check?show=${showId}${user ? `&user=${user}` : ''}`, { pass })
const floors = async (showId: string, key: string, after = 0) =>
  (await must(world.send('GET', `/api/shows/${showId}/passes/floors?after=${after}`, { headers: { 'shop-key': key } }))).body

test('a show without plan and prices is published, its line is open at once, and its page does not pretend to know what is left', async () => {
  const showId = await showOf(world)
  const shown = await must(world.send('GET', `/api/shows/${showId}`))
  assert.equal(shown.body.status, 'published')
  assert.deepEqual([shown.body.availability, shown.body.left], [null, null])
  assert.equal((await must(world.send('GET', `/api/shows/${showId}/queue`))).body.phase, 'open')
  assert.equal((await world.send('GET', `/api/shows/${randomUUID()}/queue`)).body.code, 'show_unknown')
})

test('a pass is verified with the published key alone, and online by the check that nginx asks', async () => {
  const showId = await showOf(world)
  const [fan, other] = await world.fans(2, 0)
  assert.ok(fan && other)
  const pass = await world.passOf(fan, showId)
  const { keys } = (await must(world.send('GET', '/api/passes/keys'))).body
  assert.deepEqual(keys, signer.publicKeys)
  assert.deepEqual(Object.keys(claimsOf(pass)).sort(), ['exp', 'no', 'sections', 'show', 'sid', 'sub', 'window'])
  const good = await check(pass, showId, fan.userId)
  assert.deepEqual([good.status, good.headers['pass-user'], good.headers['pass-number']], [204, fan.userId, '1'])
  const { sub: userId, sid: sessionId, window: windowId } = claimsOf(pass)
  const claims = { userId, sessionId, windowId, showId, passNo: 1, sections: null, exp: world.time.now + 60_000 }
  const answers = [
    await check(undefined, showId), await check('nonsense', showId), await check(stranger.sign(claims), showId),
    await check(signer.sign({ ...claims, exp: world.time.now }), showId), await check(signer.sign({ ...claims, showId: randomUUID() }), showId), await check(pass, showId, other.userId),
  ]
  assert.deepEqual(answers.map(({ status, body }) => `${status} ${body.code}`),
    ['401 pass_missing', '403 pass_invalid', '403 pass_invalid', '403 pass_expired', '403 pass_invalid', '403 pass_invalid'])
})

test('what the shop tells ends the place: with the last seat one may buy or when it says done; the next is called and the pass is ended', async () => {
  const showId = await showOf(world, { ticketsPerUserMax: 2 })
  await capOf(world, showId, 1)
  const key = await shopKey(world)
  const [first, second, third] = await world.fans(3, 0)
  assert.ok(first && second && third)
  const pass = await world.passOf(first, showId)
  for (const { token } of [second, third]) await must(world.send('POST', `/api/shows/${showId}/queue`, { token, body: {} }))
  const told = randomUUID()
  for (let repeat = 0; repeat < 3; repeat++) assert.deepEqual((await tell(world, showId, key, { userId: first.userId, seats: 1 }, told)).body, { seats: 1, done: false })
  assert.equal((await tell(world, showId, key, { userId: first.userId, seats: 2 }, told)).body.code, 'idempotency_conflict')
  await world.settle()
  assert.equal((await place(world, first, showId)).status, 'inside', 'one seat of two: it goes on')
  assert.equal((await check(pass, showId)).status, 204)
  await must(tell(world, showId, key, { userId: first.userId, seats: 1 }))
  await world.settle()
  const ended = await place(world, first, showId)
  assert.deepEqual([ended.status, ended.endedReason], ['ended', 'purchase'])
  assert.equal((await check(pass, showId)).body.code, 'pass_ended')
  assert.equal((await place(world, second, showId)).status, 'called')
  await world.passOf(second, showId)
  await must(tell(world, showId, key, { userId: second.userId, seats: 0, done: true }))
  await world.settle()
  assert.equal((await place(world, second, showId)).status, 'ended')
  assert.equal((await place(world, third, showId)).status, 'called')
  const told2 = await floors(showId, key)
  assert.deepEqual(told2.floors, [{ userId: first.userId, floor: 2 }, { userId: second.userId, floor: 2 }])
  assert.deepEqual(await floors(showId, key, told2.last), { floors: [], last: told2.last, more: false, keys: signer.publicKeys })
  await sound(world)
})

test('who comes back after a purchase has a pass above the floor; leaving and taking over raise it too', async () => {
  const showId = await showOf(world)
  const key = await shopKey(world)
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  const old = await world.passOf(fan, showId)
  await must(world.send('DELETE', `/api/shows/${showId}/queue/me`, { token: fan.token }))
  await world.settle()
  assert.equal((await check(old, showId)).body.code, 'pass_ended')
  const fresh = await world.passOf(fan, showId)
  assert.equal((await check(fresh, showId)).status, 204)
  assert.deepEqual((await floors(showId, key)).floors, [{ userId: fan.userId, floor: claimsOf(fresh).no }])
  await passTime(world, 10 * 60_000 + 1_000)
  await signInAgain(world)
  assert.equal((await check(fresh, showId)).body.code, 'pass_expired')
  await sound(world)
})

test('a shop key is stored hashed, opens the shows of its organiser only, and nothing once it has ended', async () => {
  const showId = await showOf(world)
  const key = await shopKey(world, 'kept')
  const [row] = await world.db.rows<{ hash: string; text: string }>(sql`select key_hash as hash, row_to_json(s)::text as text from queue.shops s where name = 'kept'`)
  assert.equal(row?.hash, hashOf(key))
  assert.ok(!row?.text.includes(key))
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  const ask = (shopKey?: string) => world.send('GET', `/api/shows/${showId}/passes/floors`, shopKey ? { headers: { 'shop-key': shopKey } } : {})
  for (const wrong of [undefined, 'shop_x', `shop_${'A'.repeat(43)}`]) assert.equal((await ask(wrong)).body.code, 'shop_key_invalid')
  assert.equal((await tell(world, showId, key, { userId: fan.userId, seats: 1 })).body.code, 'place_unknown', 'who was never let in bought nothing')
  const organiserId = randomUUID()
  const other = await must(world.send('POST', '/api/shops', { token: world.operator.token, body: { name: 'another organiser', organiserId } }))
  assert.equal((await ask(other.body.key)).body.code, 'show_unknown')
  assert.equal((await world.send('POST', '/api/shops', { token: fan.token, body: { name: 'mine' } })).body.code, 'role_required')
  assert.equal((await ask(key)).status, 200)
  const { items } = (await must(world.send('GET', '/api/shops', { token: world.operator.token }))).body
  const { id } = items.find(({ name }: { name: string }) => name === 'kept')
  for (let repeat = 0; repeat < 2; repeat++) assert.equal((await world.send('DELETE', `/api/shops/${id}`, { token: world.operator.token })).status, 204)
  assert.equal((await ask(key)).body.code, 'shop_key_invalid')
  assert.equal((await world.send('DELETE', `/api/shops/${randomUUID()}`, { token: world.operator.token })).body.code, 'shop_unknown')
  const acts = await world.db.rows<{ action: string }>(sql`select action from queue.audit where target = ${id} order by id`)
  assert.deepEqual(acts.map(({ action }) => action), ['shop.make', 'shop.end'])
})

test('a show whose shop told of no buyer can be unpublished; one with buyers stays', async () => {
  const [empty, bought] = [await showOf(world), await showOf(world)]
  const key = await shopKey(world)
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  await world.passOf(fan, bought)
  await must(tell(world, bought, key, { userId: fan.userId, seats: 1 }))
  for (const id of [empty, bought]) await must(world.send('POST', `/api/shows/${id}/unpublish`, { token: world.operator.token }))
  await world.settle()
  const shown = async (id: string) => (await must(world.send('GET', `/api/shows/${id}`, { token: world.operator.token }))).body
  assert.equal((await shown(empty)).status, 'draft')
  assert.deepEqual([(await shown(bought)).status, (await shown(bought)).closingResult], ['published', 'concert_has_buyers'])
  await sound(world)
})

test('what is not here says so with a code, stands in no document, and does not spoil what is', async () => {
  const [fan] = await world.fans(1, 0)
  assert.ok(fan)
  const showId = await showOf(world)
  const absent: [method: string, path: string, body?: unknown][] = [
    ['GET', `/api/shows/${showId}/seats`], ['POST', `/api/shows/${showId}/holds`, { seatIds: ['nonsense'] }], ['POST', '/api/reservations', {}], ['POST', '/api/payments', {}], ['GET', '/api/wallet'], ['HEAD', '/api/wallet'],
  ]
  for (const [method, path, body] of absent) {
    const answer = await world.send(method, path, { token: fan.token, ...(body ? { body } : {}) })
    assert.equal(answer.status, 404, path)
    if (method !== 'HEAD') assert.equal(answer.body.code, 'service_absent', path)
  }
  assert.equal((await world.send('GET', '/api/nowhere')).body.code, 'not_found')
  const paths = routesOf(world).map(({ path }) => path)
  assert.ok(paths.includes('/api/passes/check') && paths.includes('/api/shows/{id}/queue'))
  assert.deepEqual(paths.filter((path) => /wallet|seats|holds|reservations|payments|providers/.test(path)), [])
  const me = await must(world.send('GET', '/api/me', { token: fan.token }))
  assert.deepEqual([me.body.id, me.body.balance], [fan.userId, null])
  await world.passOf(fan, showId)
  const story = await must(world.send('GET', `/api/shows/${showId}/queue/me/story`, { token: fan.token }))
  assert.deepEqual(story.body.steps.map(({ what }: { what: string }) => what), ['joined', 'called', 'claimed'])
  const mine = await must(world.send('GET', '/api/me/export', { token: fan.token }))
  assert.deepEqual([mine.body.balance, mine.body.payments], [null, []])
  const report = await world.verify()
  assert.deepEqual(report.services, ['user', 'concert', 'queue'])
  assert.ok(report.checks >= 10)
})

test('with its own seats a server has no shop routes and signs passes as before', async () => {
  const whole = await openSystem()
  try {
    assert.equal((await whole.send('GET', '/api/passes/keys')).body.code, 'not_found')
    const showId = await whole.onSale({ rows: 1 })
    const [fan] = await whole.fans(1)
    assert.ok(fan)
    assert.match(await whole.passOf(fan, showId), /^pass\.t\./)
  } finally {
    await whole.close()
  }
})

test('one process on the embedded database runs the line alone, and signs with the same key after a restart', { timeout: 120_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-only-line-'))
  const server = await startChildServer(directory, { SERVICES: 'gateway,user,concert,queue', SEAT_URL: 'none', DATABASE_URL: '' })
  try {
    const get = async (path: string) => (await fetch(server.url + path)).json() as Promise<Record<string, any>>
    const before = await get('/api/passes/keys')
    assert.equal(before.keys.length, 1)
    assert.ok(!Object.keys((await get('/openapi.json')).paths).some((path) => /holds|wallet|payments/.test(path)))
    assert.equal((await get('/api/wallet')).code, 'service_absent')
    await server.killAndRestart()
    assert.deepEqual(await get('/api/passes/keys'), before)
    const verified = await fetch(`${server.opsUrl}/verify`, { method: 'POST' })
    const { violations, errors } = (await verified.json()) as { violations: unknown[]; errors: unknown[] }
    assert.deepEqual([violations, errors], [[], []])
  } finally {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
})
