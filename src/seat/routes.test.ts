import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import sql from 'sql-template-tag'
import type { App } from '../platform/http.ts'
import { Refusal } from '../platform/outcome.ts'
import type { Hold, SeatApi } from './api.ts'
import { block, blocksOf, unblock } from './block.ts'
import { map } from './map.ts'
import { type Ground, openGround } from './planting.ts'
import { seatRoutes } from './routes.ts'

const me = { userId: randomUUID(), sessionId: randomUUID(), role: 'organiser' as const, epoch: 1 }
const calls: unknown[] = []
let ground: Ground
let app: App
let owned: string

/** The map and blocks are the service's own; holds are answered by hand, their rules are tested below the routes. */
before(async () => {
  ground = await openGround()
  owned = await ground.publish()
  const hold = (input: { holdId: string; showId?: string }): Hold => {
    calls.push(input)
    return { id: input.holdId, showId: owned, seatIds: [1], seats: [], until: Date.UTC(2030, 0, 1), extensionsLeft: 10, reservationId: null, fellBack: false }
  }
  const seat = {
    map: (input) => map(ground, input),
    block: (input) => block(ground, input),
    unblock: (input) => unblock(ground, input),
    blocks: (input) => blocksOf(ground, input),
    hold: async (input) => hold(input),
    best: async (input) => hold(input),
    extend: async (input) => hold(input),
    holdOf: async (input) => hold(input),
    holdsOf: async ({ userId }) => ({ holds: [hold({ holdId: userId })] }),
    release: async (input) => {
      calls.push(input)
      return {}
    },
  } as Partial<SeatApi> as SeatApi
  app = fastify().setValidatorCompiler(TypeBoxValidatorCompiler) as unknown as App
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async (request) => {
    request.principal = request.headers.authorization ? me : null
  })
  app.setErrorHandler((error, _, reply) => reply.code(error instanceof Refusal ? 418 : 400).send({ code: (error as Refusal).code }))
  const ownsShow = async (_: unknown, showId: string) => {
    if (showId !== owned) throw new Refusal('show_unknown')
  }
  seatRoutes(app, { seat, newId: randomUUID, ownsShow })
})
after(async () => {
  await app.close()
  await ground.close()
})

const headers = { authorization: 'Bearer x' }

test('the map gives plan and states once, states alone to who has the plan, and nothing to who has both', async () => {
  const url = `/api/shows/${owned}/seats`
  const whole = await app.inject({ url })
  const { version, states, seats, shapes } = whole.json()
  assert.deepEqual([seats.length, shapes], [6, []])
  assert.deepEqual(seats[0], { seatId: 1, section: 'A', row: '1', number: '1', grade: 'R', kind: 'seated', attributes: ['accessible'] })
  assert.deepEqual([...Buffer.from(states, 'base64')], [0, 0])
  assert.match(String(whole.headers['content-type']), /^application\/json/)
  const part = await app.inject({ url: `${url}?planVersion=1` })
  assert.deepEqual(part.json(), { showId: owned, version, planVersion: 1, states })
  for (const answer of [whole, part]) {
    const again = await app.inject({ url: answer === part ? `${url}?planVersion=1` : url, headers: { 'if-none-match': String(answer.headers.etag) } })
    assert.deepEqual([again.statusCode, again.body], [304, ''])
  }
  assert.notEqual(whole.headers.etag, part.headers.etag)
})

test('the ETag of the map changes with its version', async () => {
  const url = `/api/shows/${owned}/seats`
  const before = await app.inject({ url })
  await block(ground, { showId: owned, seatIds: [6], reason: 'camera', by: me.userId })
  const after = await app.inject({ url, headers: { 'if-none-match': String(before.headers.etag) } })
  assert.equal(after.statusCode, 200)
  assert.equal(after.json().version, before.json().version + 1)
})

test('holding passes on the caller, the pass and an id made of the key, and answers 201', async () => {
  const url = `/api/shows/${owned}/holds`
  const request = { method: 'POST', url, headers: { ...headers, pass: 'p', 'idempotency-key': 'k' }, payload: { seatIds: [1, 2], fallback: 'nearest' } } as const
  const [first, again] = [await app.inject(request), await app.inject(request)]
  assert.equal(first.statusCode, 201)
  assert.equal(first.json().until, '2030-01-01T00:00:00.000Z')
  assert.equal(first.json().id, again.json().id)
  assert.equal(first.headers.location, `/api/holds/${first.json().id}`)
  const { userId, sessionId } = me
  assert.deepEqual(calls.at(-1), { userId, sessionId, showId: owned, holdId: first.json().id, pass: 'p', seatIds: [1, 2], fallback: 'nearest' })
  const best = await app.inject({ ...request, url: `${url}/best`, payload: { quantity: 2, together: true } })
  assert.equal(best.statusCode, 201)
  assert.notEqual(best.json().id, first.json().id)
})

test('bodies are taken as they are: unknown keys, texts for numbers and too many seats are bad requests', async () => {
  for (const payload of [{ seatIds: [1], userId: me.userId }, { seatIds: ['1'] }, { seatIds: [] }, { seatIds: [1, 1] }, { seatIds: [1, 2, 3, 4, 5, 6, 7, 8, 9] }]) {
    const answer = await app.inject({ method: 'POST', url: `/api/shows/${owned}/holds`, headers, payload })
    assert.equal(answer.statusCode, 400, JSON.stringify(payload))
  }
})

test('one reads, lists, extends and releases holds; extending needs no body', async () => {
  const id = randomUUID()
  assert.equal((await app.inject({ url: `/api/holds/${id}`, headers })).json().id, id)
  assert.equal((await app.inject({ url: '/api/holds', headers })).json().items[0].id, me.userId)
  assert.equal((await app.inject({ method: 'POST', url: `/api/holds/${id}/extend`, headers })).statusCode, 200)
  const released = await app.inject({ method: 'DELETE', url: `/api/holds/${id}`, headers })
  assert.deepEqual([released.statusCode, released.body], [204, ''])
  assert.deepEqual(calls.at(-1), { userId: me.userId, holdId: id })
})

test('an organiser blocks and unblocks seats of an own show only, under the own name', async () => {
  const request = { method: 'POST', url: `/api/shows/${owned}/blocks`, headers, payload: { seatIds: [5], reason: 'camera' } } as const
  assert.deepEqual((await app.inject(request)).json(), { blocked: 1 })
  const list = (url: string = request.url) => app.inject({ method: 'GET', url, headers })
  assert.deepEqual((await list()).json(), { items: [{ seatId: 5, reason: 'camera' }, { seatId: 6, reason: 'camera' }], nextCursor: null })
  assert.deepEqual((await list(`/api/shows/${randomUUID()}/blocks`)).json(), { code: 'show_unknown' })
  assert.deepEqual((await app.inject({ ...request, method: 'DELETE', payload: { seatIds: [5] } })).json(), { unblocked: 1 })
  const other = await app.inject({ ...request, url: `/api/shows/${randomUUID()}/blocks` })
  assert.deepEqual(other.json(), { code: 'show_unknown' })
  const rows = await ground.db.rows(sql`select distinct actor from seat.audit`)
  assert.deepEqual(rows, [{ actor: me.userId }])
})
