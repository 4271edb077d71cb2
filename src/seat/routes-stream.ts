import { type App, IdParams } from '../platform/http.ts'
import type { Asking, Streams } from '../platform/streams.ts'
import type { FastifyRequest } from 'fastify'
import type { ChangeFeed } from './change-feed.ts'

/** The seat map as it changes. */
export function seatStreamRoutes(app: App, { feed, streams }: { feed: ChangeFeed; streams: Streams }) {
  app.get('/api/shows/:id/seats/stream', {
    config: { access: { allow: 'public' }, stream: true },
    exposeHeadRoute: false,
    schema: {
      tags: ['seat'], params: IdParams,
      summary: 'What changes on the seat map (SSE). `seats` {from, version, free?, held?, sold?, blocked?: seat ids} continues a map of version `from` or later; `version` {version, planVersion} comes first and after each quiet second: read the map again when yours is older',
    },
  }, async (request, reply) => {
    const asking = askingOf(request)
    await feed.add(request.params.id, asking, reply.raw, () => {
      streams.admit(asking)
      reply.hijack()
    })
  })
}

const askingOf = (request: FastifyRequest): Asking => ({ raw: request.raw, address: request.sender ?? '', account: request.principal?.userId })
