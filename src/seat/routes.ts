import type { FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import Type, { type Static } from 'typebox'
import { Count, Exact, Id, SeatId, Text } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, idOfCreated, iso, Nullable, organisers, principalOf } from '../platform/http.ts'
import type { Principal } from '../platform/principal.ts'
import { HeldSeat, type Hold, MapSeat, MapShape, type SeatApi, seatLimits } from './api.ts'

export type SeatRoutesNeeds = {
  seat: SeatApi
  newId: () => string
  /** throws `show_unknown` unless the show is this organiser's; operators own every show */
  ownsShow: (principal: Principal, showId: string) => Promise<void>
}

const tags = ['seat']
const plansMax = 64
const SeatIds = Type.Array(SeatId, { minItems: 1, maxItems: seatLimits.seatsPerHoldMax, uniqueItems: true })
const HoldBody = Exact({
  seatIds: SeatIds,
  replaces: Type.Optional(Id),
  fallback: Type.Optional(Type.Union([Type.Literal('none'), Type.Literal('nearest')])),
  together: Type.Optional(Type.Boolean()),
})
const BestBody = Exact({
  quantity: Type.Integer({ minimum: 1, maximum: seatLimits.seatsPerHoldMax }),
  grade: Type.Optional(Text(40)),
  section: Type.Optional(Text(40)),
  together: Type.Optional(Type.Boolean()),
})
const HoldReply = Exact({
  id: Id,
  showId: Id,
  seatIds: Type.Array(SeatId),
  seats: Type.Array(HeldSeat),
  until: IsoInstant,
  extensionsLeft: Count,
  reservationId: Nullable(Id),
  fellBack: Type.Boolean(),
})
const MapReply = Exact({
  showId: Id,
  version: Count,
  planVersion: Count,
  states: Type.String({ description: 'base64, 2 bits a seat in seat order from the lowest bits of the first byte: 0 free, 1 held, 2 sold, 3 blocked' }),
  seats: Type.Optional(Type.Array(MapSeat, { description: 'absent when the query names this plan version' })),
  shapes: Type.Optional(Type.Array(MapShape, { description: 'how sections stand in the hall; absent like seats' })),
})
const BlockedIds = Type.Array(SeatId, { minItems: 1, maxItems: seatLimits.blockSeatsMax, uniqueItems: true })
const signedIn = { access: { allow: 'signed-in' } } as const

/** The seat map, holds and blocked seats over HTTP. */
export function seatRoutes(app: App, needs: SeatRoutesNeeds) {
  mapRoute(app, needs)
  holdRoutes(app, needs)
  ownHoldRoutes(app, needs)
  blockRoutes(app, needs)
}

function mapRoute(app: App, { seat }: SeatRoutesNeeds) {
  const plans = new LRUCache<string, { planVersion: number; json: string }>({ max: plansMax })

  async function read(showId: string) {
    const known = plans.get(showId)
    const map = await seat.map({ showId, ...(known && { planVersion: known.planVersion }) })
    if (known?.planVersion === map.planVersion) return { ...map, plan: known.json }
    const plan = { planVersion: map.planVersion, json: `"seats":${JSON.stringify(map.seats)},"shapes":${JSON.stringify(map.shapes)}` }
    plans.set(showId, plan)
    return { ...map, plan: plan.json }
  }

  app.get('/api/shows/:id/seats', {
    schema: {
      tags,
      summary: 'Seat plan and the state of every seat',
      params: IdParams,
      querystring: Exact({ planVersion: Type.Optional(Count) }),
      response: { 200: MapReply, 304: Type.Null() },
    },
    config: { access: { allow: 'public' } },
  }, async (request, reply) => {
    const { showId, version, planVersion, states, plan } = await read(request.params.id)
    const hasPlan = request.query.planVersion === planVersion
    const etag = `"${planVersion}.${version}${hasPlan ? '' : '.plan'}"`
    reply.header('etag', etag).header('cache-control', 'no-cache')
    if (request.headers['if-none-match']?.split(/,\s*/).includes(etag)) return reply.code(304).send(null)
    const head = JSON.stringify({ showId, version, planVersion, states })
    // the plan is text already: 50,000 seats are not worth serialising for every reader
    const body = hasPlan ? head : `${head.slice(0, -1)},${plan}}`
    return reply.type('application/json; charset=utf-8').serializer(String).send(body as never)
  })
}

function holdRoutes(app: App, { seat, newId }: SeatRoutesNeeds) {
  const gate = (request: FastifyRequest & { params: { id: string } }, route: string) => {
    const { userId, sessionId } = principalOf(request)
    const pass = request.headers.pass
    const showId = request.params.id
    const holdId = idOfCreated(request, `${route} ${showId}`, newId)
    return typeof pass === 'string' ? { userId, sessionId, showId, holdId, pass } : { userId, sessionId, showId, holdId }
  }
  const created = (reply: FastifyReply, hold: Hold) => reply.code(201).header('location', `/api/holds/${hold.id}`).send(holdReply(hold))
  const withPass = { session: [], pass: [] }
  const schema = { tags, params: IdParams, security: [withPass], response: { 201: HoldReply } }

  app.post('/api/shows/:id/holds', {
    // a swap for no more seats needs no pass
    schema: { ...schema, security: [withPass, { session: [] }], summary: 'Hold these seats, all or none', body: HoldBody },
    config: signedIn,
    // not async: what it would keep until a batch answers is a tenth of the cost of a hold
  }, (request, reply) => {
    seat.hold({ ...gate(request, 'holds'), ...request.body }).then((hold) => created(reply, hold)).catch((error) => reply.send(error))
  })

  app.post('/api/shows/:id/holds/best', {
    schema: { ...schema, summary: 'Hold the best seats there are', body: BestBody },
    config: signedIn,
  }, async (request, reply) => {
    return created(reply, await seat.best({ ...gate(request, 'holds/best'), ...request.body }))
  })
}

function ownHoldRoutes(app: App, { seat, newId }: SeatRoutesNeeds) {
  const schema = { tags, params: IdParams }

  app.get('/api/holds', {
    schema: { tags, summary: 'Your live holds', querystring: Exact({ showId: Type.Optional(Id) }), response: { 200: Exact({ items: Type.Array(HoldReply), nextCursor: Type.Null() }) } },
    config: signedIn,
  }, async (request) => {
    const { holds } = await seat.holdsOf({ userId: principalOf(request).userId, ...request.query })
    return { items: holds.map(holdReply), nextCursor: null }
  })

  app.get('/api/holds/:id', {
    schema: { ...schema, summary: 'One of your holds', response: { 200: HoldReply } },
    config: signedIn,
  }, async (request) => holdReply(await seat.holdOf({ userId: principalOf(request).userId, holdId: request.params.id })))

  app.post('/api/holds/:id/extend', {
    schema: { ...schema, summary: 'Two more minutes', body: Type.Union([Exact({}), Type.Null()]), response: { 200: HoldReply } },
    config: signedIn,
  }, async (request) => {
    const holdId = request.params.id
    const extensionId = idOfCreated(request, `extend ${holdId}`, newId)
    return holdReply(await seat.extend({ userId: principalOf(request).userId, holdId, extensionId }))
  })

  app.delete('/api/holds/:id', {
    schema: { ...schema, summary: 'Let the seats go', response: { 204: Type.Null() } },
    config: signedIn,
  }, async (request, reply) => {
    await seat.release({ userId: principalOf(request).userId, holdId: request.params.id })
    return reply.code(204).send(null)
  })
}

function blockRoutes(app: App, { seat, ownsShow }: SeatRoutesNeeds) {
  const schema = { tags, params: IdParams }

  app.get('/api/shows/:id/blocks', {
    schema: { ...schema, summary: 'What is not on sale, and why', response: { 200: Exact({ items: Type.Array(Exact({ seatId: SeatId, reason: Type.String() })), nextCursor: Type.Null() }) } },
    config: organisers,
  }, async (request) => {
    await ownsShow(principalOf(request), request.params.id)
    const { blocks } = await seat.blocks({ showId: request.params.id })
    return { items: blocks, nextCursor: null }
  })

  app.post('/api/shows/:id/blocks', {
    schema: { ...schema, summary: 'Take seats out of sale', body: Exact({ seatIds: BlockedIds, reason: Text(200) }), response: { 200: Exact({ blocked: Count }) } },
    config: organisers,
  }, async (request) => {
    const principal = principalOf(request)
    await ownsShow(principal, request.params.id)
    return seat.block({ showId: request.params.id, ...request.body, by: principal.userId })
  })

  app.delete('/api/shows/:id/blocks', {
    schema: { ...schema, summary: 'Put blocked seats back on sale', body: Exact({ seatIds: BlockedIds, reason: Type.Optional(Text(200)) }), response: { 200: Exact({ unblocked: Count }) } },
    config: organisers,
  }, async (request) => {
    const principal = principalOf(request)
    await ownsShow(principal, request.params.id)
    const { seatIds } = request.body
    return seat.unblock({ showId: request.params.id, seatIds, by: principal.userId })
  })
}

const holdReply = ({ id, showId, seatIds, seats, until, extensionsLeft, reservationId, fellBack }: Hold): Static<typeof HoldReply> =>
  ({ id, showId, seatIds, seats, until: iso(until), extensionsLeft, reservationId, fellBack })
