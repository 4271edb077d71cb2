import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Count, Exact } from '../platform/contract.ts'
import { type App, cutPage, IdParams, idOfCreated, Nullable, organisers, Page, placeOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import { byOf, type ConcertRoutesNeeds, expectedOf, IfMatch, planBytesMax, shownOne, shownShows, viewerOf } from './answers.ts'
import { type ConcertApi, concertLimits, ConcertSort, ConcertText, Plan, Prices } from './api.ts'
import { organiserRoutes } from './routes-organiser.ts'
import { planRoutes } from './routes-plan.ts'
import { operationRoutes, showRoutes } from './routes-shows.ts'
import { owns } from './rules.ts'
import { beforeOf, ConcertView, FoundView, fromOf, shownConcert, shownFound, ShowView, TimesBody, timesOf, WindowBody, windowOf } from './views.ts'

const tags = ['concert']
const sizeDefault = 20
const pageOf = Exact({ totalElements: Count, totalPages: Count, page: Count, size: Count, items: Type.Array(FoundView) })
const Query = Exact({
  title: Type.Optional(Type.String({ maxLength: 200, description: 'two characters or more, anywhere in the title' })),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'ISO date (UTC) or date-time: a show starts then or later' })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'ISO date (UTC, the whole day) or date-time, inclusive' })),
  openingMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.openingMinutesMax, description: 'a sales window opens within so many minutes, or opened within them and is open; unless sorted the next to open first, then the latest opened' })),
  over: Type.Optional(Type.Boolean({ description: 'false: without those whose last show has started' })),
  sort: Type.Optional(ConcertSort),
  page: Type.Optional(Type.Integer({ minimum: 0, maximum: concertLimits.pagesMax, description: 'counted from 0' })),
  size: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.pageSizeMax, description: `${sizeDefault} unless given` })),
})
const NewShowBody = Exact({ ...TimesBody, plan: Type.Optional(Plan), prices: Type.Optional(Prices), windows: Type.Optional(Type.Array(WindowBody, { maxItems: concertLimits.windowsMax })) })
/** Concerts, shows and what their organisers set up. */
export function concertRoutes(app: App, needs: ConcertRoutesNeeds) {
  searchRoute(app, needs)
  ownConcertRoutes(app, needs)
  showsRoutes(app, needs)
  showRoutes(app, needs)
  planRoutes(app, needs)
  operationRoutes(app, needs)
  organiserRoutes(app, needs)
}

/** Throws `show_unknown` unless the show is this organiser's; operators own every show. */
export const ownsShow = (concert: Pick<ConcertApi, 'showDetail'>) => async (principal: Principal, showId: string): Promise<void> => {
  const viewer = { userId: principal.userId, role: principal.role }
  const { organiserId } = await concert.showDetail({ showId, viewer })
  if (!owns(viewer, organiserId)) refuse('show_unknown')
}

function searchRoute(app: App, { concert }: ConcertRoutesNeeds) {
  app.get('/api/concerts', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'Find concerts by title and by when their shows start', querystring: Query, response: { 200: pageOf } },
  }, async ({ query }) => {
    const { title, openingMinutes, over, sort, page = 0, size = sizeDefault } = query
    const [from, before] = [fromOf(query.from), beforeOf(query.to)]
    const found = await concert.search({
      page, size,
      ...(title === undefined ? {} : { title }),
      ...(from === undefined ? {} : { from }),
      ...(before === undefined ? {} : { before }),
      ...(openingMinutes === undefined ? {} : { openingMinutes }),
      ...(over === undefined ? {} : { over }),
      ...(sort === undefined ? {} : { sort }),
    })
    return { ...found, items: found.items.map(shownFound) }
  })

  app.get('/api/concerts/:id', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'A concert', params: IdParams, response: { 200: ConcertView } },
  }, async (request) => shownConcert(await concert.concert({ concertId: request.params.id, ...viewerOf(request) })))
}

function ownConcertRoutes(app: App, { concert }: ConcertRoutesNeeds) {
  app.post('/api/concerts', {
    config: organisers,
    schema: { tags, summary: 'Make a concert', body: ConcertText, response: { 201: ConcertView } },
  }, async (request, reply) => {
    const made = await concert.createConcert({ by: byOf(request), ...request.body, ...named('concertId', request, 'concerts') })
    return reply.code(201).header('location', `/api/concerts/${made.id}`).send(shownConcert(made))
  })

  app.put('/api/concerts/:id', {
    config: organisers,
    schema: { tags, summary: 'Change the words of a concert', params: IdParams, headers: IfMatch, body: ConcertText, response: { 200: ConcertView } },
  }, async (request) =>
    shownConcert(await concert.updateConcert({ by: byOf(request), concertId: request.params.id, ...expectedOf(request), ...request.body })))

  app.delete('/api/concerts/:id', {
    config: organisers,
    schema: { tags, summary: 'Delete a concert nobody has seats of; 202 while its shows close', params: IdParams, response: { 202: ConcertView, 204: Type.Null() } },
  }, async (request, reply) => {
    const concertId = request.params.id
    const { deleted } = await concert.deleteConcert({ by: byOf(request), concertId })
    if (deleted) return reply.code(204).send(null)
    return reply.code(202).header('location', `/api/concerts/${concertId}`).send(shownConcert(await concert.concert({ concertId, ...viewerOf(request) })))
  })
}

function showsRoutes(app: App, needs: ConcertRoutesNeeds) {
  const { concert } = needs
  app.get('/api/concerts/:id/shows', {
    config: { access: { allow: 'public' } },
    schema: {
      tags, summary: 'The shows of a concert, by start', params: IdParams, querystring: Exact(Page),
      response: { 200: Exact({ items: Type.Array(ShowView), nextCursor: Nullable(Type.String()) }) },
    },
  }, async (request) => {
    const { cursor, limit = sizeDefault } = request.query
    const { shows } = await concert.shows({ concertId: request.params.id, limit: limit + 1, ...afterOf(cursor), ...viewerOf(request) })
    const { page, nextCursor } = cutPage(shows, limit, (last) => [last.startsAt, last.id])
    return { items: await shownShows(request, needs, page), nextCursor }
  })

  app.post('/api/concerts/:id/shows', {
    config: organisers,
    bodyLimit: planBytesMax,
    schema: { tags, summary: 'Add a show, as a draft', params: IdParams, body: NewShowBody, response: { 201: ShowView } },
  }, async (request, reply) => {
    const concertId = request.params.id
    const { windows, ...body } = request.body
    const made = await concert.createShow({
      by: byOf(request), concertId, ...timesOf(body),
      ...(windows ? { windows: windows.map(windowOf) } : {}),
      ...named('showId', request, `concerts/${concertId}/shows`),
    })
    return reply.code(201).header('location', `/api/shows/${made.id}`).send(await shownOne(request, needs, made))
  })
}

/** With an Idempotency-Key the id is the key's, else the service gives one. */
function named<K extends string>(field: K, request: FastifyRequest, route: string): { [Name in K]?: string } {
  if (request.headers['idempotency-key'] === undefined) return {}
  return { [field]: idOfCreated(request, route, () => refuse('idempotency_key_invalid')) } as { [Name in K]?: string }
}

function afterOf(cursor: string | undefined) {
  const place = placeOf(cursor)
  return place ? { after: { startsAt: place.at, id: place.id } } : {}
}
