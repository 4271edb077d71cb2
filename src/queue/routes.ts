import type { FastifyReply } from 'fastify'
import Type, { type Static } from 'typebox'
import { Count, Exact, Text } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, isoOrNull, Nullable, principalOf } from '../platform/http.ts'
import { Frame, Place, type QueueApi, Work } from './api.ts'

const PublicPlace = Exact({ ...Place.properties, until: Nullable(IsoInstant), joinedAt: IsoInstant })
const { document: _, ...seen } = Frame.properties
export const PublicFrame = Exact({ ...seen, opensAt: IsoInstant, closesAt: IsoInstant, at: IsoInstant })
const PublicPass = Exact({ pass: Type.String(), expiresAt: IsoInstant })
const Nothing = Type.Null()
const tags = ['queue']
const signedIn = { access: { allow: 'signed-in' as const } }

/** The waiting room of a show. Pausing and resuming are concert's, the story over all services is the gateway's. */
export function queueRoutes(app: App, deps: { queue: QueueApi; isVerified: (userId: string) => Promise<boolean> }) {
  buyerRoutes(app, deps.queue)
  passRoute(app, deps)
}

function buyerRoutes(app: App, queue: QueueApi) {
  app.post('/api/shows/:id/queue', {
    config: signedIn,
    schema: {
      tags, summary: 'Join the line; once in, the place stays the same', params: IdParams,
      body: Type.Union([Exact({ code: Type.Optional(Text(64)), work: Type.Optional(Work) }), Nothing]),
      response: { 200: PublicPlace, 201: PublicPlace },
    },
  }, async (request, reply) => {
    const { created, place } = await queue.join({ ...whoOf(request), ...(request.body ?? {}) })
    return reply.code(created ? 201 : 200).send(publicPlace(place))
  })

  app.get('/api/shows/:id/queue/work', {
    config: signedIn,
    schema: {
      tags, summary: 'A task for my join: find a nonce so that SHA-256 of challenge.nonce begins with so many zero bits', params: IdParams,
      response: { 200: Exact({ challenge: Type.String(), bits: Count, hashes: Count, expiresAt: IsoInstant }) },
    },
  }, async (request, reply) => {
    const task = await queue.work({ showId: request.params.id, userId: principalOf(request).userId })
    return unstored(reply).send({ ...task, expiresAt: iso(task.expiresAt) })
  })

  app.get('/api/shows/:id/queue/me', {
    config: signedIn,
    schema: { tags, summary: 'My place, exactly; looking changes nothing', params: IdParams, response: { 200: PublicPlace } },
  }, async (request, reply) => unstored(reply).send(publicPlace(await queue.position(whoOf(request)))))

  app.post('/api/shows/:id/queue/wake', {
    config: signedIn,
    schema: { tags, summary: 'Wake my sleeping place: it is called next', params: IdParams, body: Type.Union([Exact({}), Nothing]), response: { 200: PublicPlace } },
  }, async (request) => publicPlace(await queue.wake(whoOf(request))))

  app.delete('/api/shows/:id/queue/me', {
    config: signedIn,
    schema: { tags, summary: 'Leave the line', params: IdParams, response: { 204: Nothing } },
  }, async (request, reply) => {
    await queue.leave(whoOf(request))
    return reply.code(204).send(null)
  })
}

function passRoute(app: App, { queue, isVerified }: { queue: QueueApi; isVerified: (userId: string) => Promise<boolean> }) {
  app.post('/api/shows/:id/queue/pass', {
    config: signedIn,
    schema: {
      tags, summary: 'Take my turn, or renew my pass while inside', params: IdParams,
      body: Type.Union([Exact({
        takeOver: Type.Optional(Type.Boolean({ description: 'bind the pass to this session; the other device is told' })),
        auto: Type.Optional(Type.Boolean({ description: 'the client enters by itself; untouched for 90 s, the place goes back to sleep' })),
      }), Nothing]),
      response: { 201: PublicPass },
    },
  }, async (request, reply) => {
    const who = whoOf(request)
    const { pass, expiresAt } = await queue.pass({ ...who, verified: await isVerified(who.userId), ...(request.body ?? {}) })
    return unstored(reply).code(201).send({ pass, expiresAt: iso(expiresAt) })
  })
}

type Asking = Parameters<typeof principalOf>[0] & { params: { id: string } }
const whoOf = (request: Asking) => {
  const { userId, sessionId } = principalOf(request)
  return { showId: request.params.id, userId, sessionId }
}
const unstored = <R extends Pick<FastifyReply, 'header'>>(reply: R): R => {
  reply.header('cache-control', 'no-store')
  return reply
}
const publicPlace = (place: Static<typeof Place>) => ({ ...place, until: isoOrNull(place.until), joinedAt: iso(place.joinedAt) })
export const publicFrame = ({ document: _, ...frame }: Static<typeof Frame>) => ({ ...frame, opensAt: iso(frame.opensAt), closesAt: iso(frame.closesAt), at: iso(frame.at) })
