import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Count, Exact } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant } from '../platform/http.ts'
import type { Streams } from '../platform/streams.ts'
import { Phase, type QueueApi } from './api.ts'
import type { LineFeed } from './line-feed.ts'

const tags = ['queue']
const everybody = { access: { allow: 'public' as const } }
const SignedFrame = Type.Object({
  windowId: Type.String(), epoch: Count, at: IsoInstant, phase: Phase, opensAt: Type.Optional(IsoInstant), last: Count, admittedThrough: Count,
  rate: Type.Number({ description: 'places called a second' }),
  reason: Type.Optional(Type.String({ description: 'why it goes slower: `paused: operator`, `slowed: …`, `returns`' })),
  choosing: Type.Optional(Type.Integer({ description: 'called or inside who hold nothing yet, about: they choose before everybody who waits' })),
  availability: Type.Optional(Type.String()),
  left: Type.Optional(Type.Array(Count, { description: 'seats that can be taken now, by grade in the order of GET /api/shows/:id' })),
  gone: Type.Optional(Type.Array(Count, { description: 'how many left before their turn: among the next 64 ranks after admittedThrough, the next 128, 256, …' })),
  message: Type.Optional(Type.String()),
  draw: Type.Optional(Type.Array(Type.Unknown(), { description: '[rosterCount, seed]' })),
  signature: Type.String({ description: 'Ed25519 over the document without this last member; keys: GET /api/frame-keys' }),
})

/** What everybody may know of a line: the signed frame, once or as a stream, and the keys that verify it. */
export function lineStreamRoutes(app: App, { queue, feed, streams }: { queue: Pick<QueueApi, 'frameKeys'>; feed: LineFeed; streams: Streams }) {
  app.get('/api/shows/:id/queue', {
    config: everybody,
    schema: { tags, summary: 'The state of the line, the same for everybody: one signed document of at most 512 bytes', params: IdParams, response: { 200: SignedFrame, 304: Type.Null() } },
  }, async (request, reply) => {
    const { id, document } = await feed.of(request.params.id)
    const etag = `"${id}"`
    reply.header('etag', etag).header('cache-control', 'public, max-age=1')
    if (request.headers['if-none-match']?.split(/,\s*/).includes(etag)) return reply.code(304).send(null)
    // signed text: not a byte of it may change
    return reply.type('application/json; charset=utf-8').serializer(String).send(document as never)
  })

  app.get('/api/shows/:id/queue/stream', {
    config: { ...everybody, stream: true },
    exposeHeadRoute: false,
    schema: { tags, summary: 'The frames of the line as they come, at least one a second (SSE: event `frame`, its document as data)', params: IdParams },
  }, async (request, reply) => {
    const showId = request.params.id
    await feed.of(showId)
    const asking = askingOf(request)
    streams.admit(asking)
    reply.hijack()
    feed.add(showId, asking, reply.raw, lastEventIdOf(request))
  })

  app.get('/api/frame-keys', {
    config: everybody,
    schema: { tags, summary: 'Public keys (Ed25519, raw, base64url) that verify frames; the first one signs now', response: { 200: Exact({ keys: Type.Array(Exact({ id: Type.String(), publicKey: Type.String() })) }) } },
  }, async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300')
    return queue.frameKeys({})
  })
}

/** Who pays for a stream: the address it comes from, unless it is exempt, and the account, if one is signed in. */
export const askingOf = (request: FastifyRequest) => ({ raw: request.raw, address: request.sender ?? '', account: request.principal?.userId })

export function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  const id = headers['last-event-id']
  return typeof id === 'string' ? id : undefined
}
