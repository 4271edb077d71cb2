import Type from 'typebox'
import { Exact, Id, SeatId, Text, Won } from '../platform/contract.ts'
import { type App, cutPage, IdParams, idOfCreated, IsoInstant, iso, isoOrNull, Nullable, organisers, Page, placeOf, principalOf } from '../platform/http.ts'
import { namedId } from '../platform/identity.ts'
import type { Principal } from '../platform/principal.ts'
import { Line, type Reservation, type ReservationApi, reservationLimits } from './api.ts'

export type ReservationRoutesNeeds = {
  reservation: ReservationApi
  newId: () => string
  /** throws `show_unknown` unless the show is this organiser's; operators own every show */
  ownsShow: (principal: Principal, showId: string) => Promise<void>
}

const tags = ['reservation']
const SeatIds = Type.Array(SeatId, { minItems: 1, maxItems: 64, uniqueItems: true })
const CreateBody = Exact({
  holdIds: Type.Array(Id, { minItems: 1, maxItems: reservationLimits.holdsMax, uniqueItems: true }),
  priceTypes: Type.Optional(Type.Union([
    Type.Array(Exact({ seatId: SeatId, priceType: Text(40) }), { maxItems: 64 }),
    Type.Record(Type.String({ pattern: '^[1-9][0-9]{0,8}$' }), Text(40), { maxProperties: 64, additionalProperties: false }),
  ], { description: 'price type by seat; seats not named take `default`' })),
})
const Reply = Exact({
  id: Id,
  number: Type.String(),
  showId: Id,
  status: Type.String(),
  total: Won,
  expiresAt: Nullable(IsoInstant),
  endedReason: Nullable(Type.String()),
  createdAt: IsoInstant,
  lines: Type.Array(Line),
})
const CancellationReply = Exact({ id: Id, seatIds: Type.Array(SeatId), refund: Won, reservation: Reply })
const signedIn = { access: { allow: 'signed-in' } } as const

/** Reservations, cancellations and organisers' refunds over HTTP. */
export function reservationRoutes(app: App, needs: ReservationRoutesNeeds) {
  buyerRoutes(app, needs)
  cancellationRoutes(app, needs)
  refundRoute(app, needs)
}

function buyerRoutes(app: App, { reservation }: ReservationRoutesNeeds) {
  app.post('/api/reservations', {
    schema: { tags, summary: 'Reserve what you hold', body: CreateBody, response: { 201: Reply } },
    config: signedIn,
  }, async (request, reply) => {
    const { userId } = principalOf(request)
    const { holdIds, priceTypes } = request.body
    // without a key the reservation is named by its holds, so that a repeat finds it all the same
    const keyed = request.headers['idempotency-key'] !== undefined
    const made = await reservation.create({
      userId,
      holdIds,
      ...(keyed && { reservationId: idOfCreated(request, 'reservations', () => '') }),
      ...(priceTypes && { priceTypes: toChoice(priceTypes) }),
    })
    return reply.code(201).header('location', `/api/reservations/${made.id}`).send(toReply(made))
  })

  app.get('/api/reservations', {
    schema: { tags, summary: 'Your reservations, newest first', querystring: Exact(Page), response: { 200: Exact({ items: Type.Array(Reply), nextCursor: Nullable(Type.String()) }) } },
    config: signedIn,
  }, async (request) => {
    const { cursor, limit = 20 } = request.query
    const place = placeOf(cursor)
    const { reservations } = await reservation.list({ userId: principalOf(request).userId, limit: limit + 1, ...(place && { before: { createdAt: place.at, id: place.id } }) })
    const { page, nextCursor } = cutPage(reservations, limit, (last) => [last.createdAt, last.id])
    return { items: page.map(toReply), nextCursor }
  })

  app.get('/api/reservations/:id', {
    schema: { tags, summary: 'One of your reservations', params: IdParams, response: { 200: Reply } },
    config: signedIn,
  }, async (request) => toReply(await reservation.get({ reservationId: request.params.id, userId: principalOf(request).userId })))
}

function cancellationRoutes(app: App, { reservation, newId }: ReservationRoutesNeeds) {
  app.delete('/api/reservations/:id', {
    schema: { tags, summary: 'End an unpaid reservation, or cancel a paid one whole with its refund', params: IdParams, response: { 200: Reply } },
    config: signedIn,
  }, async (request) => {
    const { userId } = principalOf(request)
    const reservationId = request.params.id
    // one name for "all of it": a repeat finds the same cancellation
    const cancellationId = namedId(reservationId, 'whole')
    return toReply((await reservation.cancel({ cancellationId, reservationId, userId, reason: 'cancelled' })).reservation)
  })

  app.post('/api/reservations/:id/cancellations', {
    schema: { tags, summary: 'Cancel single seats of a paid reservation', params: IdParams, body: Exact({ seatIds: SeatIds }), response: { 201: CancellationReply } },
    config: signedIn,
  }, async (request, reply) => {
    const { userId } = principalOf(request)
    const reservationId = request.params.id
    const cancellationId = idOfCreated(request, `cancellations ${reservationId}`, newId)
    const { seatIds } = request.body
    return reply.code(201).send(toCancellation(await reservation.cancel({ cancellationId, reservationId, userId, seatIds, reason: 'cancelled' })))
  })
}

function refundRoute(app: App, { reservation, newId, ownsShow }: ReservationRoutesNeeds) {
  app.post('/api/shows/:id/refunds', {
    schema: {
      tags,
      summary: 'Refund seats of a buyer, whatever the cutoff',
      params: IdParams,
      body: Exact({ reservationId: Id, seatIds: SeatIds, reason: Text(200) }),
      response: { 201: CancellationReply },
    },
    config: organisers,
  }, async (request, reply) => {
    const principal = principalOf(request)
    const showId = request.params.id
    await ownsShow(principal, showId)
    const cancellationId = idOfCreated(request, `refunds ${showId}`, newId)
    const made = await reservation.refund({ cancellationId, showId, by: principal.userId, ...request.body })
    return reply.code(201).send(toCancellation(made))
  })
}

function toChoice(priceTypes: { seatId: number; priceType: string }[] | Record<string, string>) {
  if (Array.isArray(priceTypes)) return priceTypes
  return Object.entries(priceTypes).map(([seatId, priceType]) => ({ seatId: Number(seatId), priceType }))
}

function toReply({ id, number, showId, status, total, expiresAt, endedReason, createdAt, lines }: Reservation) {
  return { id, number, showId, status, total, expiresAt: isoOrNull(expiresAt), endedReason, createdAt: iso(createdAt), lines }
}

function toCancellation({ cancellationId, seatIds, refund, reservation }: Awaited<ReturnType<ReservationApi['cancel']>>) {
  return { id: cancellationId, seatIds, refund, reservation: toReply(reservation) }
}
