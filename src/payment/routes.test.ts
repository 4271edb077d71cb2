import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { App } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import { paymentRoutes } from './routes.ts'
import { type Ground, openGround } from './testing.ts'

let caller: string
let ground: Ground
let app: App

before(async () => {
  ground = await openGround()
  app = fastify().setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    request.principal = { userId: caller, sessionId: caller, role: 'buyer', epoch: 1 }
  })
  app.setErrorHandler((error, _, reply) =>
    error instanceof Refusal ? reply.code(418).send({ code: error.code, ...error.params }) : reply.code(400).send({ message: String(error) }))
  paymentRoutes(app, { payment: ground.api, newId: randomUUID })
})
after(async () => {
  await app.close()
  await ground.close()
})

const buyer = (balance: number) => {
  const { userId, reservationId } = ground.buyer(balance)
  caller = userId
  return { userId, reservationId }
}
const pay = async (payload: object, key = 'key') => {
  const response = await app.inject({ method: 'POST', url: '/api/payments', payload, headers: { 'idempotency-key': key } })
  return { status: response.statusCode, body: response.json(), location: response.headers.location }
}

test('a payment that went through answers 201, once more on repeat', async () => {
  const { reservationId } = buyer(100_000)
  const paid = await pay({ reservationId })
  assert.deepEqual([paid.status, paid.body.status, paid.body.amount], [201, 'completed', 100_000])
  assert.equal(paid.location, `/api/payments/${paid.body.id}`)
  assert.deepEqual(await pay({ reservationId }), paid)
  assert.deepEqual((await app.inject(`/api/payments/${paid.body.id}`)).json(), paid.body)
})

test('a failed payment answers its problem with what is missing and its own id, once more on repeat', async () => {
  const { reservationId, userId } = buyer(30_000)
  const failed = await pay({ reservationId })
  const [{ id: paymentId } = { id: '' }] = (await ground.api.list({ userId, limit: 1 })).payments
  assert.deepEqual(failed.body, { code: 'balance_insufficient', missing: 70_000, paymentId })
  assert.deepEqual(await pay({ reservationId }), failed)
  const shown = (await app.inject(`/api/payments/${paymentId}`)).json()
  assert.deepEqual([shown.status, shown.refusal, shown.refusalParams], ['failed', 'balance_insufficient', { missing: 70_000 }])
})

test('a payment that is still running answers 202 and where to look', async () => {
  const { reservationId } = buyer(0)
  ground.border.world.bank = 'pending'
  const waiting = await pay({ reservationId, topUp: 100_000, source: 'card' })
  ground.border.world.bank = 'done'
  assert.deepEqual([waiting.status, waiting.body.status, waiting.location], [202, 'pending', `/api/payments/${waiting.body.id}`])
  assert.match(waiting.body.until, /Z$/)
})

test('bodies are taken exactly; a user is never named in them', async () => {
  const { reservationId, userId } = buyer(0)
  for (const body of [{}, { reservationId, userId }, { reservationId, topUp: -5 }, { reservationId, topUp: 0 }, { reservationId, amount: 1 }])
    assert.equal((await pay(body)).status, 400, JSON.stringify(body))
})

test('the list goes by cursor', async () => {
  const { reservationId } = buyer(0)
  for (let i = 0; i < 3; i++) {
    ground.clock.ms += 1
    await pay({ reservationId }, `key ${i}`.replace(' ', ''))
  }
  const first = (await app.inject('/api/payments?limit=2')).json()
  const second = (await app.inject(`/api/payments?limit=2&cursor=${first.nextCursor}`)).json()
  assert.deepEqual([first.items.length, second.items.length, second.nextCursor], [2, 1, null])
})
