import Type from 'typebox'
import { Count, Exact } from '../platform/contract.ts'
import { type App, cutPage, Nullable, organisers, placeOf } from '../platform/http.ts'
import { byOf, type ConcertRoutesNeeds, shownShows } from './answers.ts'
import { concertLimits } from './api.ts'
import { beforeOf, fromOf, ItemView, shownItem, ShowView } from './views.ts'

const tags = ['organiser']
const concertsDefault = 10
const showsDefault = 50
const showsMax = 100
const cursor = Type.Optional(Type.String({ maxLength: 200 }))
const At = Type.String({ maxLength: 40 })
const OwnConcert = Exact({
  ...ItemView.properties,
  showCount: { ...Count, description: 'all its shows; `shows` has the next of them' },
  shows: Type.Array(ShowView),
})

/** What an organiser has, drafts too; an operator sees everybody's. */
export function organiserRoutes(app: App, needs: ConcertRoutesNeeds) {
  const { concert } = needs
  app.get('/api/organiser/concerts', {
    config: organisers,
    schema: {
      tags, summary: 'Own concerts, newest first, each with its next shows',
      querystring: Exact({ cursor, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.ownConcertsMax })) }),
      response: { 200: Exact({ items: Type.Array(OwnConcert), nextCursor: Nullable(Type.String()) }) },
    },
  }, async (request) => {
    const { limit = concertsDefault } = request.query
    const place = placeOf(request.query.cursor)
    const { concerts } = await concert.ownConcerts({ by: byOf(request), limit: limit + 1, ...(place && { after: { createdAt: place.at, id: place.id } }) })
    const { page, nextCursor } = cutPage(concerts, limit, (last) => [last.concert.createdAt, last.concert.id])
    const shows = new Map((await shownShows(request, needs, page.flatMap((each) => each.shows))).map((show) => [show.id, show]))
    return {
      items: page.map((each) => ({ ...shownItem(each.concert), showCount: each.showCount, shows: each.shows.flatMap(({ id }) => shows.get(id) ?? []) })),
      nextCursor,
    }
  })

  app.get('/api/organiser/shows', {
    config: organisers,
    schema: {
      tags, summary: 'Own shows that start in a time, by start',
      querystring: Exact({
        from: { ...At, description: 'ISO date (UTC) or date-time' }, to: { ...At, description: 'ISO date (UTC, the whole day) or date-time, inclusive' },
        cursor, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: showsMax })),
      }),
      response: { 200: Exact({ items: Type.Array(ShowView), nextCursor: Nullable(Type.String()) }) },
    },
  }, async (request) => {
    const { limit = showsDefault, ...query } = request.query
    const [from, before, place] = [fromOf(query.from) ?? 0, beforeOf(query.to) ?? 0, placeOf(query.cursor)]
    const { shows } = await concert.ownShows({ by: byOf(request), from, before, limit: limit + 1, ...(place && { after: { startsAt: place.at, id: place.id } }) })
    const { page, nextCursor } = cutPage(shows, limit, (last) => [last.startsAt, last.id])
    return { items: await shownShows(request, needs, page), nextCursor }
  })
}
