import Type from 'typebox'
import { Count, Exact, Text } from '../platform/contract.ts'
import { type App, IdParams, Nullable, organisers } from '../platform/http.ts'
import { concertLimits, Policies, Prices, type ShowDetail } from './api.ts'
import { byOf, type ConcertRoutesNeeds, expectedOf, IfMatch, shownOne, viewerOf } from './answers.ts'
import { PoliciesView, shownWindow, ShowView, TimesBody, timesOf, WindowBody, windowOf, WindowsView } from './views.ts'

const tags = ['concert']
const params = IdParams
const NoBody = Nullable(Exact({}))
const windowsBytesMax = 1024 * 1024

/** One show: its page, and what its organiser changes. */
export function showRoutes(app: App, needs: ConcertRoutesNeeds) {
  const { concert } = needs
  app.get('/api/shows/:id', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'A show, whether it can be bought now and what is left by grade', params, response: { 200: ShowView } },
  }, async (request) => shownOne(request, needs, await concert.showDetail({ showId: request.params.id, ...viewerOf(request) })))

  app.put('/api/shows/:id', {
    config: organisers,
    schema: { tags, summary: 'Change a draft; what is not given stays', params, headers: IfMatch, body: Exact(TimesBody), response: { 200: ShowView } },
  }, async (request) =>
    shownOne(request, needs, await concert.updateShow({ by: byOf(request), showId: request.params.id, ...expectedOf(request), ...timesOf(request.body) })))

  app.delete('/api/shows/:id', {
    config: organisers,
    schema: { tags, summary: 'Delete a show nobody has seats of; 202 while seat looks', params, response: { 202: ShowView, 204: Type.Null() } },
  }, async (request, reply) => {
    const showId = request.params.id
    const by = byOf(request)
    const { deleted } = await concert.deleteShow({ by, showId })
    if (deleted) return reply.code(204).send(null)
    const show = await concert.showDetail({ showId, viewer: by })
    return reply.code(202).header('location', `/api/shows/${showId}`).send(await shownOne(request, needs, show))
  })
  lifeRoutes(app, needs)
  settingRoutes(app, needs)
}

function lifeRoutes(app: App, needs: ConcertRoutesNeeds) {
  const { concert } = needs
  app.post('/api/shows/:id/publish', {
    config: organisers,
    schema: { tags, summary: 'Publish a draft: plan, grades and prices are fixed from here on', params, headers: IfMatch, body: NoBody, response: { 200: ShowView } },
  }, async (request) => shownOne(request, needs, await concert.publish({ by: byOf(request), showId: request.params.id, ...expectedOf(request) })))

  app.post('/api/shows/:id/unpublish', {
    config: organisers,
    schema: { tags, summary: 'Take a show back to draft if nobody has a seat; see closingResult', params, body: NoBody, response: { 202: ShowView } },
  }, async (request, reply) => {
    const show = await concert.unpublish({ by: byOf(request), showId: request.params.id })
    return reply.code(202).header('location', `/api/shows/${show.id}`).send(await shownOne(request, needs, show))
  })

  app.post('/api/shows/:id/cancel', {
    config: organisers,
    schema: { tags, summary: 'Cancel a show for good; its buyers are refunded', params, body: Exact({ reason: Text(500) }), response: { 200: ShowView } },
  }, async (request) =>
    shownOne(request, needs, await concert.cancelShow({ by: byOf(request), showId: request.params.id, reason: request.body.reason })))
}

function settingRoutes(app: App, needs: ConcertRoutesNeeds) {
  const { concert } = needs
  app.get('/api/shows/:id/windows', {
    config: organisers,
    schema: { tags, summary: 'The sales windows; of codes only how many', params, response: { 200: WindowsView } },
  }, async (request) => {
    const { windows } = await concert.windows({ by: byOf(request), showId: request.params.id })
    return { windows: windows.map(shownWindow) }
  })

  app.put('/api/shows/:id/windows', {
    config: organisers,
    bodyLimit: windowsBytesMax,
    schema: {
      tags, summary: 'Replace the sales windows; without codes a window keeps its own', params, headers: IfMatch,
      body: Exact({ windows: Type.Array(WindowBody, { maxItems: concertLimits.windowsMax }) }), response: { 200: Exact({ ...WindowsView.properties, version: Count }) },
    },
  }, async (request) => {
    const wanted = request.body.windows.map(windowOf)
    const { windows, version } = await concert.setWindows({ by: byOf(request), showId: request.params.id, ...expectedOf(request), windows: wanted })
    return { windows: windows.map(shownWindow), version }
  })

  app.get('/api/shows/:id/policies', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'Tickets per user, fee and cancellation policy', params, response: { 200: PoliciesView } },
  }, async (request) => policiesOf(await concert.showDetail({ showId: request.params.id, ...viewerOf(request) })))

  app.put('/api/shows/:id/policies', {
    config: organisers,
    schema: { tags, summary: 'Change them; after publishing only the cancellation policy', params, headers: IfMatch, body: Policies, response: { 200: PoliciesView } },
  }, async (request) => policiesOf(await concert.setPolicies({ by: byOf(request), showId: request.params.id, ...expectedOf(request), ...request.body })))

  app.put('/api/shows/:id/prices', {
    config: organisers,
    schema: { tags, summary: 'The prices of a draft, by grade', params, headers: IfMatch, body: Exact({ prices: Prices }), response: { 200: ShowView } },
  }, async (request) =>
    shownOne(request, needs, await concert.setPrices({ by: byOf(request), showId: request.params.id, ...expectedOf(request), prices: request.body.prices })))
}

/** Operators stop and start the clocks of a show. */
export function operationRoutes(app: App, needs: ConcertRoutesNeeds) {
  const config = { access: { allow: ['operator'], live: true } } as const
  app.post('/api/operations/shows/:id/pause', {
    config,
    schema: { tags, summary: 'Pause the sale: nothing ends by its clock', params, body: NoBody, response: { 200: ShowView } },
  }, async (request) => shownOne(request, needs, await needs.concert.pauseShow({ by: byOf(request), showId: request.params.id })))

  app.post('/api/operations/shows/:id/resume', {
    config,
    schema: { tags, summary: 'Resume it: every running deadline moves by the pause', params, body: NoBody, response: { 200: ShowView } },
  }, async (request) => shownOne(request, needs, await needs.concert.resumeShow({ by: byOf(request), showId: request.params.id })))
}

const policiesOf = ({ ticketsPerUserMax, policy, bookingFee, version }: ShowDetail) => ({ ticketsPerUserMax, policy, bookingFee, version })
