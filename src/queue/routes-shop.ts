import { createHash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Count, Exact, Id, Text } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, organisers, principalOf } from '../platform/http.ts'
import { namedId } from '../platform/identity.ts'
import { refuse } from '../platform/outcome.ts'
import type { PassClaims } from '../seat/api.ts'
import type { Tokens } from '../platform/token.ts'
import type { QueueApi } from './api.ts'
import type { PublicKey } from './open-pass.ts'
import { Shop, shopLimits, type Shop as ShopType } from './shop-api.ts'

type Needs = {
  queue: QueueApi
  concert: Pick<ConcertApi, 'show'>
  passes: Pick<Tokens<PassClaims>, 'verify'> & { publicKeys: PublicKey[] }
  newId: () => string
  now: () => number
}
const tags = ['shop']
const open = { access: { allow: 'public' as const }, limit: 'shop' as const }
const ShopView = Exact({ ...Shop.properties, createdAt: IsoInstant })
const shown = (shop: ShopType) => ({ ...shop, createdAt: iso(shop.createdAt) })
const Keys = Type.Array(Exact({ kty: Type.String(), crv: Type.String(), x: Type.String(), kid: Type.String(), alg: Type.String(), use: Type.String() }))
const keyForm = /^shop_[\w-]{43}$/
const keysSeconds = 300

/** What another shop behind this line needs: its key, the keys of passes, which passes have ended, and how it tells of a purchase. */
export function shopRoutes(app: App, needs: Needs) {
  manageRoutes(app, needs)
  passRoutes(app, needs)
  tellRoutes(app, needs)
}

function manageRoutes(app: App, { queue, newId }: Needs) {
  app.post('/api/shops', {
    config: organisers,
    schema: {
      tags, summary: 'Make a key for a shop that sells behind the line of my shows; it is shown once',
      body: Exact({ name: Text(80), organiserId: Type.Optional(Id) }), response: { 201: Exact({ ...ShopView.properties, key: Type.String() }) },
    },
  }, async (request, reply) => {
    const { userId, role } = principalOf(request)
    const { name, organiserId = userId } = request.body
    if (organiserId !== userId && role !== 'operator') return refuse('role_required')
    const key = `shop_${randomBytes(32).toString('base64url')}`
    const shop = await queue.makeShop({ by: userId, shopId: newId(), organiserId, name, keyHash: hashOf(key) })
    return reply.code(201).header('cache-control', 'no-store').send({ ...shown(shop), key })
  })

  app.get('/api/shops', {
    config: organisers,
    schema: { tags, summary: 'My shops', response: { 200: Exact({ items: Type.Array(ShopView) }) } },
  }, async (request) => ({ items: (await queue.shops({ organiserId: principalOf(request).userId })).shops.map(shown) }))

  app.delete('/api/shops/:id', {
    config: organisers,
    schema: { tags, summary: 'End a shop: its key opens nothing from here on', params: IdParams, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    const { userId, role } = principalOf(request)
    await queue.endShop({ by: userId, shopId: request.params.id, ...(role === 'operator' ? {} : { organiserId: userId }) })
    return reply.code(204).send(null)
  })
}

function passRoutes(app: App, { queue, passes, now }: Needs) {
  app.get('/api/passes/keys', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'The public keys of passes, as a JSON Web Key Set', response: { 200: Exact({ keys: Keys }) } },
  }, async (_request, reply) => reply.header('cache-control', `public, max-age=${keysSeconds}`).send({ keys: passes.publicKeys }))

  app.get('/api/passes/check', {
    config: open,
    schema: {
      tags, summary: 'Whether the header Pass lets its owner into a show now: for auth_request of nginx', security: [{ pass: [] }],
      querystring: Exact({ show: Id, user: Type.Optional(Type.String({ maxLength: 100, description: 'whose pass it has to be' })) }),
      response: { 204: Type.Null() },
    },
  }, async (request, reply) => {
    const { show, user } = request.query
    const pass = request.headers.pass
    // nginx lets 401 and 403 through as they are and turns anything else into 500
    if (typeof pass !== 'string' || pass === '') return refuse('pass_missing')
    const verified = passes.verify(pass, now())
    if ('problem' in verified) return refuse(verified.problem === 'expired' ? 'pass_expired' : 'pass_invalid')
    const { userId, sessionId, showId, passNo } = verified.claims
    if (showId !== show || (user !== undefined && user !== userId)) return refuse('pass_invalid')
    if (passNo < (await queue.floorOf({ showId, userId })).floor) return refuse('pass_ended')
    return reply.code(204).headers({ 'cache-control': 'no-store', 'pass-user': userId, 'pass-session': sessionId, 'pass-number': String(passNo) }).send(null)
  })
}

function tellRoutes(app: App, needs: Needs) {
  const { queue, passes, newId } = needs
  app.get('/api/shows/:id/passes/floors', {
    config: open,
    schema: {
      tags, summary: 'With Shop-Key: passes of a user with a smaller number than the floor have ended; read on with after=last. The keys of passes beside it',
      params: IdParams, querystring: Exact({ after: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })) }),
      response: { 200: Exact({ floors: Type.Array(Exact({ userId: Id, floor: Count })), last: Type.Integer(), more: Type.Boolean(), keys: Keys }) },
    },
  }, async (request, reply) => {
    await shopOf(request, request.params.id, needs)
    return reply.header('cache-control', 'no-store').send({
      ...(await queue.floors({ showId: request.params.id, after: request.query.after ?? 0 })), keys: passes.publicKeys,
    })
  })

  app.post('/api/shows/:id/purchases', {
    config: open,
    schema: {
      tags, summary: 'With Shop-Key: a buyer bought seats, or is done; the place ends with the last seat one may buy, or at once', params: IdParams,
      body: Exact({ userId: Id, seats: Type.Integer({ minimum: 0, maximum: shopLimits.seatsMax }), done: Type.Optional(Type.Boolean()) }),
      response: { 200: Exact({ seats: Count, done: Type.Boolean() }) },
    },
  }, async (request) => {
    const showId = request.params.id
    const shop = await shopOf(request, showId, needs)
    const { userId, seats, done = false } = request.body
    const key = request.headers['idempotency-key']
    if (key !== undefined && (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key))) return refuse('idempotency_key_invalid')
    const purchaseId = key === undefined ? newId() : namedId(shop.id, `shows/${showId}/purchases`, key)
    return queue.purchase({ purchaseId, shopId: shop.id, showId, userId, seats, done })
  })
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('base64url')

/** Who has the key of a shop, for a show of its organiser; any other show does not exist for it. */
async function shopOf(request: FastifyRequest, showId: string, { queue, concert }: Needs): Promise<ShopType> {
  const key = request.headers['shop-key']
  if (typeof key !== 'string' || !keyForm.test(key)) return refuse('shop_key_invalid')
  const shop = await queue.shopOf({ keyHash: hashOf(key) })
  const { organiserId, status } = await concert.show({ showId })
  if (organiserId !== shop.organiserId || status === 'draft' || status === 'deleted') return refuse('show_unknown')
  return shop
}
