import type { Static } from 'typebox'
import Type from 'typebox'
import { Exact } from '../platform/contract.ts'
import { type App, IdParams, idOfCreated, IsoInstant, iso, principalOf } from '../platform/http.ts'
import type { QueueApi } from './api.ts'
import { Watch, Wish } from './watch-api.ts'

const PublicWatch = Exact({ ...Watch.properties, madeAt: IsoInstant })
const signedIn = { access: { allow: 'signed-in' as const } }
const tags = ['waitlist']

/** Wishes for seats that come back; the line's order is theirs. */
export function watchRoutes(app: App, { queue, newId }: { queue: Pick<QueueApi, 'watch' | 'watches' | 'unwatch'>; newId: () => string }) {
  app.post('/api/shows/:id/watches', {
    config: signedIn,
    schema: {
      tags, summary: 'Watch for seats that come back, in the order of the line; once more for a grade, it changes and keeps its order', params: IdParams,
      body: Wish, response: { 200: PublicWatch, 201: PublicWatch },
    },
  }, async (request, reply) => {
    const { id: showId } = request.params
    const { created, watch } = await queue.watch({ id: idOfCreated(request, `watch ${showId}`, newId), showId, userId: principalOf(request).userId, ...request.body })
    return reply.code(created ? 201 : 200).send(shown(watch))
  })

  app.get('/api/watches', {
    config: signedIn,
    schema: { tags, summary: 'My watches, newest first, with what can be had now', response: { 200: Exact({ items: Type.Array(PublicWatch) }) } },
  }, async (request) => ({ items: (await queue.watches({ userId: principalOf(request).userId })).watches.map(shown) }))

  app.delete('/api/watches/:id', {
    config: signedIn,
    schema: { tags, summary: 'Stop watching', params: IdParams, response: { 204: Type.Null() } },
  }, async (request, reply) => {
    await queue.unwatch({ id: request.params.id, userId: principalOf(request).userId })
    return reply.code(204).send(null)
  })
}

const shown = (watch: Static<typeof Watch>) => ({ ...watch, madeAt: iso(watch.madeAt) })
