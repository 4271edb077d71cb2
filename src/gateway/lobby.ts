import Type from 'typebox'
import type { ConcertApi } from '../concert/api.ts'
import { Exact, Id, Text, Won } from '../platform/contract.ts'
import { type App, IdParams, IsoInstant, iso, isoOrNull, Nullable } from '../platform/http.ts'
import { Phase, type QueueApi } from '../queue/api.ts'
import type { UserApi } from '../user/api.ts'
import type { WalletApi } from '../wallet/api.ts'

type Needs = { queue: Pick<QueueApi, 'lobby'>; user: Pick<UserApi, 'profile'>; wallet?: Pick<WalletApi, 'balance'>; concert: Pick<ConcertApi, 'show'>; now: () => number }

const Lobby = Exact({
  windowId: Id,
  phase: Phase,
  lobbyOpensAt: Nullable(IsoInstant),
  sealsAt: Nullable(IsoInstant),
  opensAt: IsoInstant,
  /** of this answer, with milliseconds, to compare one's own clock with */
  serverTime: IsoInstant,
  checks: Exact({
    signedIn: Type.Boolean(),
    verified: { ...Nullable(Type.Boolean()), description: 'null: not signed in' },
    window: Exact({ ok: Type.Boolean(), refusal: Nullable(Type.String()) }),
    wallet: { ...Nullable(Exact({ ok: Type.Boolean(), balance: Won, wanted: Won })), description: 'wanted: as many of the dearest seats as one may buy, with fees; null: not signed in, or there is no wallet here' },
  }),
  /** the number of one's place, once in */
  number: Nullable(Type.Integer()),
})

/**
 * The checklist before the opening: nothing that can fail then is asked for the first time then. Whether notices are
 * allowed and how far a clock is off (`serverTime`) the browser finds out by itself.
 */
export function lobbyRoute(app: App, { queue, user, wallet, concert, now }: Needs) {
  app.get('/api/shows/:id/queue/lobby', {
    // it says whether a code is right: no more often than joining does
    config: { access: { allow: 'public' }, limit: 'join' },
    schema: {
      tags: ['queue'], summary: 'Ready before it opens: a checklist', params: IdParams,
      querystring: Exact({ code: Type.Optional(Text(64)) }), response: { 200: Lobby },
    },
  }, async (request, reply) => {
    const { principal, params: { id: showId }, query } = request
    const userId = principal?.userId
    const [line, show, profile, account] = await Promise.all([
      queue.lobby({ showId, ...query, ...(userId === undefined ? {} : { userId }) }),
      concert.show({ showId }),
      userId === undefined ? null : user.profile({ userId }),
      userId === undefined || !wallet ? null : wallet.balance({ userId }),
    ])
    const dearest = Math.max(0, ...show.prices.flatMap(({ price, types = [] }) => [price, ...types.map((type) => type.price)]))
    const wanted = (dearest + show.bookingFee) * show.ticketsPerUserMax
    return reply.header('cache-control', 'no-store').send({
      windowId: line.windowId, phase: line.phase,
      lobbyOpensAt: isoOrNull(line.lobbyOpensAt), sealsAt: isoOrNull(line.sealsAt), opensAt: iso(line.opensAt), serverTime: iso(now()),
      checks: {
        signedIn: userId !== undefined,
        verified: profile?.verified ?? null,
        window: { ok: line.refusal === null, refusal: line.refusal },
        wallet: account && { ok: account.balance >= wanted, balance: account.balance, wanted },
      },
      number: line.place?.number ?? null,
    })
  })
}
