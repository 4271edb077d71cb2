import Type from 'typebox'
import { Exact, Id, Won } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, Nullable, principalOf } from '../platform/http.ts'
import { refuse } from '../platform/outcome.ts'
import type { Principal } from '../platform/principal.ts'
import type { PaymentApi } from '../payment/api.ts'
import type { QueueApi } from '../queue/api.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'
import type { UserApi } from '../user/api.ts'
import type { WalletApi } from '../wallet/api.ts'

type Storytellers = { queue?: QueueApi; seat?: SeatApi; reservation?: ReservationApi; payment?: PaymentApi }
const Step = Exact({ at: IsoInstant, service: Type.String(), what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })

const Story = Exact({ recordName: Nullable(Type.String({ description: 'my name in the public record of this show' })), steps: Type.Array(Step) })

/** What no single service can answer: who I am with my balance, and the story of my turn over all services there are. */
export function gatewayRoutes(app: App, deps: { user: UserApi; wallet?: WalletApi; ownsShow: (principal: Principal, showId: string) => Promise<void>; ready: () => Promise<string[]> } & Storytellers) {
  app.get('/api/me', {
    config: { access: { allow: 'signed-in' } },
    schema: {
      tags: ['users'],
      summary: 'Who I am, with my balance',
      response: { 200: Exact({ id: Id, email: Type.String(), name: Type.String(), role: Type.String(), verified: Type.Boolean(), balance: { ...Nullable(Won), description: 'null: there is no wallet here' } }) },
    },
  }, async (request) => {
    const { userId } = principalOf(request)
    const [profile, { balance }] = await Promise.all([deps.user.profile({ userId }), deps.wallet ? deps.wallet.balance({ userId }) : { balance: null }])
    return { id: profile.id, email: profile.email, name: profile.name, role: profile.role, verified: profile.verified, balance }
  })

  app.get('/api/shows/:id/queue/me/story', {
    config: { access: { allow: 'signed-in' } },
    schema: { tags: ['queue'], summary: 'The story of my turn', params: IdParams, response: { 200: Story } },
  }, async (request) => storyOf(deps, principalOf(request).userId, request.params.id))

  supportRoute(app, deps)

  healthRoutes(app, deps.ready)
}

/** For balancers, on the public port too. */
export function healthRoutes(app: App, ready: () => Promise<string[]>) {
  app.get('/healthz', { config: { access: { allow: 'public' } }, schema: { tags: ['health'], summary: 'The process is alive' } }, async () => ({ status: 'ok' }))
  app.get('/readyz', { config: { access: { allow: 'public' } }, schema: { tags: ['health'], summary: 'The process can serve' } }, async (_request, reply) => {
    const problems = await ready()
    return reply.code(problems.length === 0 ? 200 : 503).send({ ready: problems.length === 0 })
  })
}

/** What a support person needs to answer "what happened to me?", and no more: mail and name are masked. */
function supportRoute(app: App, deps: { user: UserApi; ownsShow: (principal: Principal, showId: string) => Promise<void> } & Storytellers) {
  app.get('/api/shows/:id/buyers/:userId', {
    config: { access: { allow: ['organiser', 'operator'] } },
    schema: {
      tags: ['organiser'], summary: 'One buyer of a show, masked: the story of the turn, and appeals', params: Exact({ id: Id, userId: Id }),
      response: { 200: Exact({ email: Type.String(), name: Type.String(), ...Story.properties, appeals: Type.Array(Exact({ filedAt: IsoInstant, text: Type.String(), outcome: Nullable(Type.String()), answer: Nullable(Type.String()) })) }) },
    },
  }, async (request) => {
    const { id: showId, userId } = request.params
    await deps.ownsShow(principalOf(request), showId)
    const story = await storyOf(deps, userId, showId)
    // whoever had nothing to do with this show is nobody here
    if (story.steps.length === 0) return refuse('not_found')
    const [profile, { appeals }] = await Promise.all([deps.user.profile({ userId }), deps.queue?.appeals({ showId, userId }) ?? { appeals: [] }])
    const shown = appeals.map(({ filedAt, text, outcome, answer }) => ({ filedAt: iso(filedAt), text, outcome, answer }))
    return { email: masked(profile.email), name: masked(profile.name), ...story, appeals: shown }
  })
}

/** The first letter, and of an address where it is: enough to compare with what a caller says. */
const masked = (text: string) => text.replace(/^(.)[^@]*/u, '$1***')

async function storyOf(tellers: Storytellers, userId: string, showId: string) {
  const parts = await Promise.all(
    (['queue', 'seat', 'reservation', 'payment'] as const).map(async (service) => {
      const { steps } = (await tellers[service]?.story({ userId, showId })) ?? { steps: [] }
      return steps.map((step) => ({ service, ...step }))
    }),
  )
  const recordName = (await tellers.queue?.story({ userId, showId }))?.name ?? null
  return { recordName, steps: parts.flat().sort((a, b) => a.at - b.at).map((step) => ({ ...step, at: iso(step.at) })) }
}
