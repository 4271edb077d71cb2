import Type, { type Static } from 'typebox'
import { Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, isoOrNull, Nullable, principalOf } from '../platform/http.ts'
import { DrawDocument, DrawProof, type QueueApi, queueLimits } from './api.ts'

const Beacon = DrawDocument.properties.beacon.anyOf[0]
const PublicDraw = Exact({
  ...DrawDocument.properties,
  opensAt: IsoInstant,
  sealsAt: Nullable(IsoInstant),
  committedAt: IsoInstant,
  sealedAt: Nullable(IsoInstant),
  rootedAt: Nullable(IsoInstant),
  drawnAt: Nullable(IsoInstant),
  beacon: Nullable(Exact({ ...Beacon.properties, genesisAt: IsoInstant, roundAt: IsoInstant })),
})
const Which = { window: Type.Optional({ ...Id, description: 'a window of the show; without it the present one' }) }
const tags = ['queue']

/** What makes a draw checkable by anybody, and by each fan for the own place. */
export function drawRoutes(app: App, { queue }: { queue: Pick<QueueApi, 'draw' | 'roster' | 'proof'> }) {
  app.get('/api/shows/:id/queue/draw', {
    config: { access: { allow: 'public' } },
    schema: { tags, summary: 'The draw: what was committed, and once it is drawn all that makes it again', params: IdParams, querystring: Exact(Which), response: { 200: PublicDraw } },
  }, async (request, reply) => {
    const draw = await queue.draw(whichOf(request))
    return reply.header('cache-control', 'public, max-age=1').send(publicDraw(draw))
  })

  app.get('/api/shows/:id/queue/draw/roster', {
    config: { access: { allow: 'public' } },
    schema: {
      tags, summary: 'Account hashes of the sealed roster, by number', params: IdParams,
      querystring: Exact({
        ...Which,
        after: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 }),
        limit: Type.Integer({ minimum: 1, maximum: queueLimits.rosterPageMax, default: queueLimits.rosterPageMax }),
      }),
      response: { 200: Exact({ windowId: Id, rosterCount: Type.Integer(), accounts: Type.Array(Type.String()) }) },
    },
  }, async (request, reply) => {
    const { after, limit } = request.query
    return reply.header('cache-control', 'public, max-age=1').send(await queue.roster({ ...whichOf(request), after, limit }))
  })

  app.get('/api/shows/:id/queue/me/proof', {
    config: { access: { allow: 'signed-in' } },
    schema: { tags, summary: 'That my number was in the drawn roster', params: IdParams, querystring: Exact(Which), response: { 200: DrawProof } },
  }, async (request, reply) =>
    reply.header('cache-control', 'no-store').send(await queue.proof({ ...whichOf(request), userId: principalOf(request).userId })))
}

const whichOf = ({ params, query }: { params: { id: string }; query: { window?: string } }) =>
  ({ showId: params.id, ...(query.window === undefined ? {} : { windowId: query.window }) })

const publicDraw = (draw: Static<typeof DrawDocument>) => ({
  ...draw,
  opensAt: iso(draw.opensAt),
  sealsAt: isoOrNull(draw.sealsAt),
  committedAt: iso(draw.committedAt),
  sealedAt: isoOrNull(draw.sealedAt),
  rootedAt: isoOrNull(draw.rootedAt),
  drawnAt: isoOrNull(draw.drawnAt),
  beacon: draw.beacon && { ...draw.beacon, genesisAt: iso(draw.beacon.genesisAt), roundAt: iso(draw.beacon.roundAt) },
})
