import fastify, { type FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import { Exact } from '../platform/contract.ts'
import type { Metrics } from '../platform/metrics.ts'
import { Refusal } from '../platform/outcome.ts'
import type { ParkedList, Replay } from '../platform/parked.ts'
import type { VerifyReport } from '../verify.ts'

const Which = Exact({ subscriber: Type.Optional(Type.String({ maxLength: 100 })), key: Type.Optional(Type.String({ maxLength: 200 })) })
type Which = Static<typeof Which>

/** The operations port: health, metrics, verify (one at a time: it reads everything), parked messages. Loopback unless configured otherwise; never the public port. */
export function createOperations(deps: {
  metrics: Metrics
  ready: () => Promise<string[]>
  verify: () => Promise<VerifyReport>
  /** more routes of this port */
  mount?: (app: FastifyInstance) => void
  parked: { list: () => Promise<ParkedList>; replay: (which: Which) => Promise<Replay> }
}): FastifyInstance {
  // what is misspelt must not replay everything
  const app = fastify({ forceCloseConnections: true, ajv: { customOptions: { removeAdditional: false, coerceTypes: false } } })
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Refusal) return reply.code(400).send({ code: error.code, ...error.params })
    throw error
  })
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const problems = await deps.ready()
    return reply.code(problems.length === 0 ? 200 : 503).send({ ready: problems.length === 0, problems })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics()),
  )
  let running: Promise<VerifyReport> | undefined
  app.post('/verify', async () => {
    running ??= deps.verify().finally(() => {
      running = undefined
    })
    return running
  })
  app.get('/parked', () => deps.parked.list())
  app.post<{ Body: Which }>('/parked/replay', { schema: { body: Which } }, (request) => deps.parked.replay(request.body))
  deps.mount?.(app)
  return app
}
