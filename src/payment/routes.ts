import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { Exact, Id, PositiveWon, Text, Won } from '../platform/contract.ts'
import { type App, cutPage, IdParams, idOfCreated, IsoInstant, iso, isoOrNull, Nullable, Page, placeOf, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Payment, PaymentApi } from './api.ts'

export type PaymentRoutesNeeds = { payment: PaymentApi; newId: () => string }

const tags = ['payment']
const PayBody = Exact({ reservationId: Id, topUp: Type.Optional(PositiveWon), source: Type.Optional(Text(64)) })
const Reply = Exact({
  id: Id,
  reservationId: Id,
  status: Type.String(),
  amount: Nullable(Won),
  refunded: Won,
  topUp: Nullable(Won),
  refusal: Nullable(Type.String()),
  refusalParams: Type.Record(Type.String(), Type.Unknown()),
  createdAt: IsoInstant,
  until: Nullable(IsoInstant),
})

/** Payments over HTTP. A failed payment is the problem it failed with, also when asked for again with its key. */
export function paymentRoutes(app: App, { payment, newId }: PaymentRoutesNeeds) {
  app.post('/api/payments', {
    schema: { tags, summary: 'Pay a reservation from the wallet, with a top-up if wanted', body: PayBody, response: { 201: Reply, 202: Reply } },
    config: { access: { allow: 'signed-in', live: true } },
  }, async (request, reply) => {
    const paymentId = idOfCreated(request, 'payments', newId)
    const paid = await payment.pay({ paymentId, userId: principalOf(request).userId, ...request.body })
    return answer(reply, paid)
  })

  app.get('/api/payments', {
    schema: { tags, summary: 'Your payments, newest first', querystring: Exact(Page), response: { 200: Exact({ items: Type.Array(Reply), nextCursor: Nullable(Type.String()) }) } },
    config: { access: { allow: 'signed-in' } },
  }, async (request) => {
    const { cursor, limit = 20 } = request.query
    const place = placeOf(cursor)
    const { payments } = await payment.list({ userId: principalOf(request).userId, limit: limit + 1, ...(place && { before: { createdAt: place.at, id: place.id } }) })
    const { page, nextCursor } = cutPage(payments, limit, (last) => [last.createdAt, last.id])
    return { items: page.map(toReply), nextCursor }
  })

  app.get('/api/payments/:id', {
    schema: { tags, summary: 'One of your payments', params: IdParams, response: { 200: Reply } },
    config: { access: { allow: 'signed-in' } },
  }, async (request) => toReply(await payment.get({ paymentId: request.params.id, userId: principalOf(request).userId })))
}

function answer(reply: FastifyReply, paid: Payment) {
  if (paid.status === 'failed') return refuse(paid.refusal ?? 'internal_error', { ...paid.refusalParams, paymentId: paid.id })
  reply.header('location', `/api/payments/${paid.id}`)
  return reply.code(paid.status === 'completed' ? 201 : 202).send(toReply(paid))
}

const toReply = (paid: Payment) => ({ ...paid, createdAt: iso(paid.createdAt), until: isoOrNull(paid.until) })
