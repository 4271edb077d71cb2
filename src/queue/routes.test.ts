import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { App } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import { queueOperatorRoutes } from './routes-operator.ts'
import { queueRoutes } from './routes.ts'
import { type Ground, lineRow, minute, openGround, someone } from './testing.ts'

let ground: Ground
let app: App
let caller = { userId: '', sessionId: '', role: 'buyer' as const, epoch: 1 }
const unverified = new Set<string>()
const access = new Map<string, unknown>()

before(async () => {
  ground = await openGround({ capDefault: 1 })
  app = fastify().setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App
  app.decorateRequest('principal', null)
  app.addHook('onRoute', (route) => void access.set(`${String(route.method)} ${route.url}`, route.config?.access))
  app.addHook('onRequest', async (request) => {
    request.principal = request.headers.authorization ? caller : null
  })
  app.setErrorHandler((error, _, reply) =>
    error instanceof Refusal ? reply.code(409).send({ code: error.code, ...error.params }) : reply.code(400).send({ message: (error as Error).message }))
  queueOperatorRoutes(app, ground.queue)
  queueRoutes(app, { queue: ground.queue, isVerified: async (userId) => !unverified.has(userId) })
})
after(async () => {
  await app.close()
  await ground.close()
})

const as = (who: { userId: string; sessionId: string }) => {
  caller = { ...caller, userId: who.userId, sessionId: who.sessionId }
}
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
const send = (method: Method, url: string, payload?: object) =>
  app.inject({ method, url, headers: { authorization: 'Bearer x' }, ...(payload ? { payload } : {}) })

test('joining answers 201, again 200, with the place; no body is needed', async () => {
  const showId = await ground.publish()
  as(someone(showId))
  const url = `/api/shows/${showId}/queue`
  const first = await send('POST', url)
  assert.equal(first.statusCode, 201)
  assert.deepEqual(first.json(), {
    windowId: (await lineRow(ground.db, showId)).windowId, number: 1, rank: 1, phase: 'open', position: 0, etaSeconds: 0, seatsLeft: null, hopeless: false, status: 'called', endedReason: null,
    until: new Date(ground.clock.now + 3 * minute).toISOString(), joinedAt: new Date(ground.clock.now).toISOString(),
  })
  const again = await send('POST', url, {})
  assert.deepEqual([again.statusCode, again.json()], [200, first.json()])
  const mine = await send('GET', `${url}/me`)
  assert.deepEqual([mine.json(), mine.headers['cache-control']], [first.json(), 'no-store'])
})

test('a code is passed on; bodies are exact', async () => {
  const showId = await ground.publish([{ codes: ['X'] }])
  as(someone(showId))
  const url = `/api/shows/${showId}/queue`
  assert.equal((await send('POST', url)).json().code, 'code_required')
  for (const payload of [{ code: 1 }, { code: '' }, { userId: randomUUID() }]) assert.equal((await send('POST', url, payload)).statusCode, 400)
  assert.equal((await send('POST', url, { code: 'x' })).statusCode, 201)
})

test('a pass is claimed, renewed, refused elsewhere and taken over', async () => {
  const showId = await ground.publish()
  const me = someone(showId)
  as(me)
  await send('POST', `/api/shows/${showId}/queue`)
  const url = `/api/shows/${showId}/queue/pass`
  unverified.add(me.userId)
  assert.equal((await send('POST', url)).json().code, 'email_unverified')
  unverified.clear()
  const first = await send('POST', url)
  assert.equal(first.statusCode, 201)
  assert.deepEqual(Object.keys(first.json()).sort(), ['expiresAt', 'pass'])
  assert.equal(first.json().expiresAt, new Date(ground.clock.now + 10 * minute).toISOString())
  as({ ...me, sessionId: randomUUID() })
  assert.equal((await send('POST', url, {})).json().code, 'pass_elsewhere')
  assert.equal((await send('POST', url, { takeOver: true })).statusCode, 201)
  assert.equal((await send('POST', url, { takeOver: 'true' })).statusCode, 400)
})

test('a sleeping place is woken by POST, and leaving answers 204', async () => {
  const showId = await ground.publish()
  as(someone(showId))
  await send('POST', `/api/shows/${showId}/queue`)
  await ground.pass(3 * minute + 500)
  assert.equal((await send('GET', `/api/shows/${showId}/queue/me`)).json().status, 'asleep')
  assert.equal((await send('POST', `/api/shows/${showId}/queue/wake`)).json().status, 'called')
  const left = await send('DELETE', `/api/shows/${showId}/queue/me`)
  assert.deepEqual([left.statusCode, left.body], [204, ''])
  assert.deepEqual([(await send('GET', `/api/shows/${showId}/queue/me`)).json().endedReason], ['left'])
})

test('an operator reads the line, changes cap and message, and closes it', async () => {
  const showId = await ground.publish()
  const url = `/api/operations/shows/${showId}`
  as(someone(showId))
  assert.equal((await send('GET', `${url}/line`)).json().cap, 1)
  const changed = (await send('PUT', `${url}/line`, { cap: 5, message: 'soon' })).json()
  assert.deepEqual([changed.cap, changed.message], [5, 'soon'])
  assert.equal((await send('PUT', `${url}/line`, { message: null })).json().message, null)
  for (const payload of [{ cap: -1 }, { cap: '5' }, { rate: 0 }, { workBits: 60 }, { pace: 1 }]) assert.equal((await send('PUT', `${url}/line`, payload)).statusCode, 400)
  assert.equal((await send('PUT', `${url}/line`, { rate: 90 })).json().ratePerMinute, 90)
  assert.deepEqual((await send('GET', `${url}/clocks`)).json(), { turns: 0, passes: 0, holds: 0, waiting: 0 })
  assert.equal((await send('POST', `${url}/close`)).json().phase, 'closed')
})

test('only operators come to the operations, looked up live; the frame alone is public', () => {
  for (const [route, rule] of access) {
    const expected = route.includes('/operations/')
      ? { allow: ['operator'], live: true }
      : { allow: /^(GET|HEAD) .*\/queue$/.test(route) ? 'public' : 'signed-in' }
    assert.deepEqual(rule, expected, route)
  }
  assert(access.size >= 9)
})
