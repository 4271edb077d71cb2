import fastify, { type FastifyInstance } from 'fastify'
import type { Metrics } from '../platform/metrics.ts'
import type { VerifyReport } from '../verify.ts'

/** The operations port: health, metrics, verify (one at a time: it reads everything). Loopback unless configured otherwise; never the public port. */
export function createOperations(deps: {
  metrics: Metrics
  ready: () => Promise<string[]>
  verify: () => Promise<VerifyReport>
}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true })
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
  return app
}
