import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fastify from 'fastify'
import { platformRefusals, type RefusalCatalogue } from '../platform/errors.ts'
import type { App } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import { walletRefusals } from './api.ts'
import { walletRoutes } from './routes.ts'
import { assertSound, openTestWallet, type TestWallet } from './testing.ts'

// the module is CommonJS and its default is wrapped when imported from ESM
const addFormats = ('default' in addFormatsModule ? addFormatsModule.default : addFormatsModule) as unknown as (ajv: Ajv) => void
const catalogue: RefusalCatalogue = { ...platformRefusals, ...walletRefusals }

let wallet: TestWallet
let app: App
before(async () => {
  wallet = await openTestWallet()
  app = await openTestApp()
})
after(async () => {
  await app.close()
  await assertSound(wallet.db)
  await wallet.close()
})

/** The routes behind the same kind of validation as the gateway's; the caller is named by a header. */
async function openTestApp(): Promise<App> {
  const server = fastify() as unknown as App
  const [exact, coercing] = [false, true].map((coerceTypes) => {
    const ajv = new Ajv({ coerceTypes, useDefaults: true, strict: false, ownProperties: true })
    addFormats(ajv)
    return ajv
  })
  server.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? exact : coercing)?.compile(schema as object) as never)
  server.decorateRequest('principal', null)
  server.addHook('onRequest', async (request) => {
    const userId = request.headers['x-user']
    if (typeof userId === 'string') request.principal = { userId, sessionId: randomUUID(), role: 'buyer', epoch: 0 }
  })
  server.setErrorHandler((error: Error, _request, reply) => {
    if (error instanceof Refusal) return reply.code(catalogue[error.code]?.status ?? 599).send({ code: error.code, ...error.params })
    return reply.code('validation' in error ? 400 : 500).send({ code: 'validation' in error ? 'request_invalid' : String(error) })
  })
  walletRoutes(server, { wallet: wallet.api, newId: randomUUID })
  await server.ready()
  return server
}

async function call(method: 'GET' | 'POST', url: string, user: string, body?: object, key?: string) {
  const headers = { 'x-user': user, ...(key ? { 'idempotency-key': key } : {}) }
  const reply = await app.inject({ method, url, headers, ...(body ? { payload: body } : {}) })
  return { status: reply.statusCode, location: reply.headers.location, body: reply.json() }
}

test('adding money answers 201, and the balance and the entry show it', async () => {
  const user = randomUUID()
  const added = await call('POST', '/api/wallet/top-ups', user, { amount: 500 })
  assert.equal(added.status, 201)
  assert.deepEqual(added.body, { id: added.body.id, amount: 500, status: 'done', createdAt: '2030-01-01T20:00:00.000Z' })
  assert.deepEqual((await call('GET', '/api/wallet', user)).body, { balance: 500, currency: 'KRW', pendingTopUps: [] })
  const { items, nextCursor } = (await call('GET', '/api/wallet/entries', user)).body
  assert.deepEqual(items, [{ id: items[0].id, amount: 500, balance: 500, kind: 'top_up', ref: added.body.id, at: added.body.createdAt }])
  assert.equal(nextCursor, null)
})

test('a top-up the bank has not answered is 202 with a Location that follows it, and stands in the wallet', async () => {
  const user = randomUUID()
  const added = await call('POST', '/api/wallet/top-ups', user, { amount: 500, source: 'sandbox:slow' }, 'k1')
  assert.equal(added.status, 202)
  assert.equal(added.location, `/api/wallet/top-ups/${added.body.id}`)
  assert.deepEqual((await call('GET', '/api/wallet', user)).body.pendingTopUps, [added.body])
  assert.equal((await call('GET', added.location as string, randomUUID())).body.code, 'top_up_not_found')
  wallet.clock.ms += 4_000
  await wallet.runJobs()
  assert.equal((await call('GET', added.location as string, user)).body.status, 'done')
  const again = await call('POST', '/api/wallet/top-ups', user, { amount: 500, source: 'sandbox:slow' }, 'k1')
  assert.deepEqual([again.status, again.body], [201, { ...added.body, status: 'done' }])
})

test('a declined top-up is 402 top_up_declined, the same on repeat; another body under the key is 422', async () => {
  const user = randomUUID()
  for (let i = 0; i < 2; i++) {
    const { status, body } = await call('POST', '/api/wallet/top-ups', user, { amount: 500, source: 'sandbox:decline' }, 'k1')
    assert.deepEqual([status, body.code], [402, 'top_up_declined'])
  }
  const other = await call('POST', '/api/wallet/top-ups', user, { amount: 501 }, 'k1')
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_conflict'])
  assert.equal((await call('GET', '/api/wallet', user)).body.balance, 0)
})

test('the same key of two users, or of two routes, names two things', async () => {
  const users = [randomUUID(), randomUUID()] as const
  const [a, b] = await Promise.all(users.map((user) => call('POST', '/api/wallet/top-ups', user, { amount: 5 }, 'same')))
  assert.notEqual(a?.body.id, b?.body.id)
  assert.equal((await call('POST', '/api/wallet/withdrawals', users[0], { amount: 5 }, 'same')).status, 201)
})

test('amounts that are no positive whole won within limits are 400 and move nothing', async () => {
  const user = randomUUID()
  for (const amount of [-1, 0, 0.5, null, '5', true, [1], 1e308, 2 ** 53, 1_000_000_001]) {
    for (const path of ['top-ups', 'withdrawals'])
      assert.equal((await call('POST', `/api/wallet/${path}`, user, { amount })).status, 400, `${path} ${amount}`)
  }
  assert.equal((await call('POST', '/api/wallet/top-ups', user, {})).status, 400)
  assert.equal((await call('POST', '/api/wallet/top-ups', user, { amount: 1, userId: randomUUID() })).status, 400)
  assert.equal((await call('POST', '/api/wallet/top-ups', user, { amount: 10_000_001 })).body.code, 'top_up_too_large')
  assert.equal((await call('GET', '/api/wallet', user)).body.balance, 0)
})

test('withdrawals: 201 when sent, 202 with Location while on the way, 402 when declined or not covered', async () => {
  const user = randomUUID()
  await call('POST', '/api/wallet/top-ups', user, { amount: 100 })
  assert.equal((await call('POST', '/api/wallet/withdrawals', user, { amount: 10 })).status, 201)
  const slow = await call('POST', '/api/wallet/withdrawals', user, { amount: 20, source: 'sandbox:slow' })
  assert.deepEqual([slow.status, (await call('GET', slow.location as string, user)).body.status], [202, 'pending'])
  const declined = await call('POST', '/api/wallet/withdrawals', user, { amount: 30, source: 'sandbox:decline' })
  assert.deepEqual([declined.status, declined.body.code], [402, 'withdrawal_declined'])
  const dear = await call('POST', '/api/wallet/withdrawals', user, { amount: 71 })
  assert.deepEqual([dear.status, dear.body.code, dear.body.missing], [402, 'balance_insufficient', 1])
  assert.equal((await call('GET', '/api/wallet', user)).body.balance, 70)
})

test('entries page by cursor without gaps or repeats; a foreign cursor is 400', async () => {
  const user = randomUUID()
  for (let amount = 1; amount <= 5; amount++) await call('POST', '/api/wallet/top-ups', user, { amount })
  const amounts: number[] = []
  let cursor = ''
  do {
    const { body } = await call('GET', `/api/wallet/entries?limit=2${cursor && `&cursor=${cursor}`}`, user)
    amounts.push(...body.items.map((item: { amount: number }) => item.amount))
    cursor = body.nextCursor
  } while (cursor)
  assert.deepEqual(amounts, [5, 4, 3, 2, 1])
  for (const odd of ['x', 'WyJhIl0', 'Wy0xXQ', 'WzBd']) assert.equal((await call('GET', `/api/wallet/entries?cursor=${odd}`, user)).status, 400)
  assert.equal((await call('GET', '/api/wallet/entries?limit=101', user)).status, 400)
})
