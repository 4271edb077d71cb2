import Type from 'typebox'
import { Count, Exact, Text } from '../platform/contract.ts'
import { type App, IdParams, Nullable, principalOf } from '../platform/http.ts'
import { LineOrder, type QueueApi, queueLimits } from './api.ts'
import { PublicFrame, publicFrame } from './routes.ts'

const tags = ['operations']
const operator = { access: { allow: ['operator'] as ['operator'], live: true as const } }
const Clocks = Exact({ turns: Count, passes: Count, holds: Count, waiting: Count })

/** What operators do to a line. Pausing and resuming the show are concert's; who did what is the gateway's to list. */
export function queueOperatorRoutes(app: App, queue: QueueApi) {
  app.get('/api/operations/shows/:id/line', {
    config: operator,
    schema: { tags, summary: 'The present line of a show', params: IdParams, response: { 200: PublicFrame } },
  }, async (request) => publicFrame(await queue.frame({ showId: request.params.id })))

  app.get('/api/operations/shows/:id/line/order', {
    config: operator,
    schema: { tags, summary: 'A hash of who waits in which order, as stored and as the copy that counts positions has it', params: IdParams, response: { 200: LineOrder } },
  }, async (request, reply) => reply.header('cache-control', 'no-store').send(await queue.order({ showId: request.params.id })))

  app.get('/api/operations/shows/:id/clocks', {
    config: operator,
    schema: { tags, summary: 'What a pause would stop and a close would end: turns, passes, holds; places that wait (near, not exact)', params: IdParams, response: { 200: Clocks } },
  }, async (request) => queue.clocks({ showId: request.params.id }))

  app.put('/api/operations/shows/:id/line', {
    config: operator,
    schema: {
      tags, summary: 'Change cap, rate (calls a minute), message or work of the present line; a lower cap revokes nothing', params: IdParams,
      body: Exact({
        cap: Type.Optional(Type.Integer({ minimum: 0, maximum: queueLimits.capMax })),
        rate: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: queueLimits.ratePerMinuteMax }))),
        message: Type.Optional(Nullable(Text(200))),
        workBits: Type.Optional(Type.Integer({ minimum: 0, maximum: queueLimits.workBitsMax, description: 'leading zero bits of a join: 2^bits hashes on average; 0 asks for none' })),
      }),
      response: { 200: PublicFrame },
    },
  }, async (request) => {
    const { rate, ...rest } = request.body
    const control = { showId: request.params.id, by: principalOf(request).userId, ...rest, ...(rate === undefined ? {} : { ratePerMinute: rate }) }
    return publicFrame(await queue.control(control))
  })

  app.post('/api/operations/shows/:id/close', {
    config: operator,
    schema: { tags, summary: 'Close the present line', params: IdParams, body: Type.Union([Exact({}), Type.Null()]), response: { 200: PublicFrame } },
  }, async (request) => publicFrame(await queue.control({ showId: request.params.id, by: principalOf(request).userId, close: true })))
}
