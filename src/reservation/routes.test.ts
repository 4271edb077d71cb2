import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { App } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import { reservationRoutes } from './routes.ts'
import { assertSound, confirm, fee, type Ground, openGround, paymentOf, reserve } from './testing.ts'

const me = { userId: randomUUID() as string, sessionId: randomUUID(), role: 'organiser' as const, epoch: 1 }
const mine = { userId: me.userId }
let ground: Ground
let app: App
let owned: string

before(async () => {
  ground = await openGround()
  owned = randomUUID()
  app = fastify().setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    request.principal = me
  })
  app.setErrorHandler((error, _, reply) =>
    error instanceof Refusal ? reply.code(418).send({ code: error.code }) : reply.code(400).send({ message: String(error) }))
  const ownsShow = async (_: unknown, showId: string) => {
    if (showId !== owned) throw new Refusal('show_unknown')
  }
  reservationRoutes(app, { reservation: ground.api, newId: randomUUID, ownsShow })
})
after(async () => {
  await assertSound(ground)
  await app.close()
  await ground.close()
})

const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, key?: string) => {
  const response = await app.inject({ method, url, ...(payload && { payload }), headers: key ? { 'idempotency-key': key } : {} })
  return { status: response.statusCode, body: response.json(), location: response.headers.location }
}

test('a reservation is made with or without a key, price types as a map or a list', async () => {
  const held = () => ground.seat.hold(me.userId, randomUUID(), [1, 2])
  const made = await call('POST', '/api/reservations', { holdIds: [held()], priceTypes: { 1: 'student' } }, 'key')
  assert.equal(made.status, 201)
  assert.equal(made.location, `/api/reservations/${made.body.id}`)
  assert.equal(made.body.total, 160_000 + 2 * fee)
  assert.match(made.body.expiresAt, /^2030-.*Z$/)
  assert.equal(made.body.userId, undefined)
  const other = { holdIds: [held()], priceTypes: [{ seatId: 1, priceType: 'student' }] }
  assert.equal((await call('POST', '/api/reservations', other, 'key')).body.code, 'idempotency_conflict')
  const unkeyed = await call('POST', '/api/reservations', other)
  assert.deepEqual((await call('POST', '/api/reservations', other)).body, unkeyed.body)
  assert.deepEqual((await call('GET', `/api/reservations/${unkeyed.body.id}`)).body, unkeyed.body)
})

test('bodies with what is not named are refused', async () => {
  const holdIds = [randomUUID()]
  for (const body of [{}, { holdIds: [] }, { holdIds, userId: randomUUID() }, { holdIds, priceTypes: { a: 'student' } }, { holdIds: ['x'] }])
    assert.equal((await call('POST', '/api/reservations', body)).status, 400, JSON.stringify(body))
})

test('lists go by cursor', async () => {
  for (let i = 0; i < 4; i++) {
    ground.clock.ms += 1
    await reserve(ground, [1], mine)
  }
  const ids: string[] = []
  let url = '/api/reservations?limit=2'
  for (let page = 0; page < 10; page++) {
    const { body } = await call('GET', url)
    ids.push(...body.items.map((item: { id: string }) => item.id))
    if (body.nextCursor === null) break
    url = `/api/reservations?limit=2&cursor=${body.nextCursor}`
  }
  assert.deepEqual(ids, (await ground.api.list({ userId: me.userId, limit: 100 })).reservations.map((r) => r.id))
  assert.equal((await call('GET', '/api/reservations?cursor=x')).body.code, 'request_invalid')
})

test('DELETE ends an unpaid reservation and cancels a paid one whole; repeated it answers the same', async () => {
  const pending = await reserve(ground, [1], mine)
  const { made } = await confirm(ground, [2, 3], mine)
  for (const { id } of [pending, made]) {
    const ended = await call('DELETE', `/api/reservations/${id}`)
    assert.deepEqual([ended.status, ended.body.status, ended.body.total], [200, 'cancelled', 0])
    assert.deepEqual(await call('DELETE', `/api/reservations/${id}`), ended)
  }
  const paying = await reserve(ground, [1], mine)
  await ground.api.pin(paymentOf(paying))
  assert.equal((await call('DELETE', `/api/reservations/${paying.id}`)).body.code, 'payment_in_progress')
  const foreign = await reserve(ground, [1])
  assert.equal((await call('DELETE', `/api/reservations/${foreign.id}`)).body.code, 'reservation_unknown')
})

test('single seats are cancelled with a key that repeats', async () => {
  const { made } = await confirm(ground, [1, 2], mine)
  const url = `/api/reservations/${made.id}/cancellations`
  const cancelled = await call('POST', url, { seatIds: [2] }, 'k')
  assert.deepEqual([cancelled.status, cancelled.body.seatIds, cancelled.body.refund, cancelled.body.reservation.status], [201, [2], 90_000 + fee, 'confirmed'])
  assert.deepEqual((await call('POST', url, { seatIds: [2] }, 'k')).body, cancelled.body)
  assert.equal((await call('POST', url, { seatIds: [2] }, 'k2')).body.code, 'line_cancelled')
})

test('an organiser refunds seats of a show of theirs only', async () => {
  const [own, other] = [await confirm(ground, [1], { showId: owned }), await confirm(ground, [1])]
  const body = (reservationId: string) => ({ reservationId, seatIds: [1], reason: 'broken seat' })
  const refunded = await call('POST', `/api/shows/${owned}/refunds`, body(own.made.id))
  assert.deepEqual([refunded.status, refunded.body.refund], [201, own.made.total])
  assert.equal((await call('POST', `/api/shows/${owned}/refunds`, body(other.made.id))).body.code, 'reservation_unknown')
  assert.equal((await call('POST', `/api/shows/${other.made.showId}/refunds`, body(other.made.id))).body.code, 'show_unknown')
})
