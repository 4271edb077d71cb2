import Type from 'typebox'
import { Exact, Id } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, Nullable, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import type { UserApi } from '../user/api.ts'
import { Story, type Storytellers, storyOf } from './story.ts'

const access = { access: { allow: ['organiser', 'operator'] as ['organiser', 'operator'], live: true as const } }
const Appeals = Type.Array(Exact({ filedAt: IsoInstant, text: Type.String(), outcome: Nullable(Type.String()), answer: Nullable(Type.String()) }))
const Buyer = Exact({ userId: Id, email: Type.String(), name: Type.String(), ...Story.properties, appeals: Appeals })
const number = /^[0-9A-HJKMNP-TV-Z]{8}$/
type Deps = { user: Pick<UserApi, 'lookUp'>; ownsShow: (principal: Principal, showId: string) => Promise<void> } & Storytellers

/**
 * What a support person needs to answer "what happened to me?", and no more: mail and name are masked, a search takes what
 * only the buyer can say, and every look-up, found or not, is in the audit.
 */
export function supportRoutes(app: App, deps: Deps) {
  app.get('/api/shows/:id/buyers', {
    config: access,
    schema: {
      tags: ['organiser'], summary: 'Find a buyer by the whole e-mail address or the number of a reservation', params: IdParams,
      querystring: Exact({ query: Type.String({ minLength: 3, maxLength: 254 }) }),
      response: { 200: Exact({ items: Type.Array(Buyer) }) },
    },
  }, async (request) => {
    const principal = principalOf(request)
    const { id: showId } = request.params
    await deps.ownsShow(principal, showId)
    const query = request.query.query.trim()
    const who = query.includes('@') ? { email: query } : await holderOf(deps, showId, query.toUpperCase())
    const buyer = await look(deps, principal, showId, who)
    return { items: buyer ? [buyer] : [] }
  })

  app.get('/api/shows/:id/buyers/:userId', {
    config: access,
    schema: {
      tags: ['organiser'], summary: 'One buyer of a show, masked: the story of the turn, and appeals', params: Exact({ id: Id, userId: Id }),
      response: { 200: Buyer },
    },
  }, async (request) => {
    const { id: showId, userId } = request.params
    await deps.ownsShow(principalOf(request), showId)
    return (await look(deps, principalOf(request), showId, { userId })) ?? refuse('not_found')
  })
}

/** Whoever had nothing to do with this show is nobody here. */
async function look(deps: Deps, { userId: by }: Principal, showId: string, who: { userId?: string; email?: string }) {
  const { profile } = await deps.user.lookUp({ ...who, showId, by })
  if (!profile) return undefined
  const { id: userId, email, name } = profile
  const [story, { appeals }] = await Promise.all([storyOf(deps, userId, showId), deps.queue?.appeals({ showId, userId }) ?? { appeals: [] }])
  if (story.steps.length === 0 && appeals.length === 0) return undefined
  const shown = appeals.map(({ filedAt, text, outcome, answer }) => ({ filedAt: iso(filedAt), text, outcome, answer }))
  return { userId, email: masked(email), name: masked(name), ...story, appeals: shown }
}

async function holderOf({ reservation }: Deps, showId: string, wanted: string): Promise<{ userId?: string }> {
  const { userId } = (number.test(wanted) && (await reservation?.holder({ showId, number: wanted }))) || { userId: null }
  return userId === null ? {} : { userId }
}

/** The first letter, and of an address where it is: enough to compare with what a caller says. */
const masked = (text: string) => text.replace(/^(.)[^@]*/u, '$1***')
