import Type from 'typebox'
import { Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, idOfCreated, iso, organisers, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import { NoteText } from '../user/api.ts'
import { Buyer, type BuyerNeeds, isKnown, lookUpBuyer, notesAbout, NoteView } from './buyers.ts'

const number = /^[0-9A-HJKMNP-TV-Z]{8}$/
const BuyerParams = Exact({ id: Id, userId: Id })
const tags = ['organiser']
type Deps = { ownsShow: (principal: Principal, showId: string) => Promise<void>; newId: () => string } & BuyerNeeds

/**
 * What a support person needs to answer "what happened to me?", and no more: mail and name are masked, a search takes what
 * only the buyer can say, and every look-up, found or not, is in the audit.
 */
export function supportRoutes(app: App, deps: Deps) {
  app.get('/api/shows/:id/buyers', {
    config: organisers,
    schema: {
      tags, summary: 'Find a buyer by the whole e-mail address or the number of a reservation', params: IdParams,
      querystring: Exact({ query: Type.String({ minLength: 3, maxLength: 254 }) }),
      response: { 200: Exact({ items: Type.Array(Buyer) }) },
    },
  }, async (request) => {
    const principal = principalOf(request)
    const { id: showId } = request.params
    await deps.ownsShow(principal, showId)
    const query = request.query.query.trim()
    const who = query.includes('@') ? { email: query } : await holderOf(deps, showId, query.toUpperCase())
    const buyer = await lookUpBuyer(deps, principal.userId, showId, who)
    return { items: buyer ? [buyer] : [] }
  })

  app.get('/api/shows/:id/buyers/:userId', {
    config: organisers,
    schema: { tags, summary: 'One buyer of a show, masked: the story of the turn, reservations, payments, appeals and notes', params: BuyerParams, response: { 200: Buyer } },
  }, async (request) => {
    const { id: showId, userId } = request.params
    const principal = principalOf(request)
    await deps.ownsShow(principal, showId)
    return (await lookUpBuyer(deps, principal.userId, showId, { userId })) ?? refuse('not_found')
  })

  app.get('/api/shows/:id/buyers/:userId/notes', {
    config: organisers,
    schema: { tags, summary: 'The notes about a buyer, newest first; a look-up like the others', params: BuyerParams, response: { 200: Exact({ items: Buyer.properties.notes }) } },
  }, async (request) => {
    const { id: showId, userId } = request.params
    const principal = principalOf(request)
    await deps.ownsShow(principal, showId)
    return { items: (await notesAbout(deps, principal.userId, { showId, userId })) ?? refuse('not_found') }
  })

  app.post('/api/shows/:id/buyers/:userId/notes', {
    config: organisers,
    schema: { tags, summary: 'Write a note about a buyer; it stays as it is, and goes with the account', params: BuyerParams, body: Exact({ text: NoteText }), response: { 201: NoteView } },
  }, async (request, reply) => {
    const { id: showId, userId } = request.params
    const principal = principalOf(request)
    await deps.ownsShow(principal, showId)
    if (!(await isKnown(deps, { showId, userId }))) return refuse('not_found')
    const noteId = idOfCreated(request, `notes ${showId} ${userId}`, deps.newId)
    const { id, at, text } = await deps.user.note({ noteId, userId, showId, text: request.body.text, by: principal.userId })
    return reply.code(201).send({ id, at: iso(at), text })
  })
}

async function holderOf({ reservation }: Deps, showId: string, wanted: string): Promise<{ userId?: string }> {
  const { userId } = (number.test(wanted) && (await reservation?.holder({ showId, number: wanted }))) || { userId: null }
  return userId === null ? {} : { userId }
}
