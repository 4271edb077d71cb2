import Type from 'typebox'
import { Exact, Id, Won } from '../platform/contract.ts'
import { type App, IdParams, Nullable, principalOf } from '../platform/http.ts'
import type { Principal } from '../platform/principal.ts'
import type { ConcertApi } from '../concert/api.ts'
import type { UserApi } from '../user/api.ts'
import type { WalletApi } from '../wallet/api.ts'
import { Story, type Storytellers, storyOf } from './story.ts'
import { staffRoutes } from './staff.ts'
import { supportRoutes } from './support.ts'

/** What no single service can answer: who I am with my balance, and the story of my turn over all services there are. */
export function gatewayRoutes(app: App, deps: { user: UserApi; concert: ConcertApi; wallet?: WalletApi; ownsShow: (principal: Principal, showId: string) => Promise<void>; newId: () => string; ready: () => Promise<string[]> } & Storytellers) {
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

  supportRoutes(app, deps)
  staffRoutes(app, deps)

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
