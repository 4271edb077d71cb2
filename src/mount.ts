import cookie from '@fastify/cookie'
import type { Apis, Parts } from './compose.ts'
import { concertRoutes, ownsShow } from './concert/routes.ts'
import { mountAbsent } from './gateway/absent.ts'
import { exportOf } from './gateway/export.ts'
import { drawProofRoutes } from './gateway/draw-proof.ts'
import { auditRoutes } from './gateway/audit.ts'
import { lobbyRoute } from './gateway/lobby.ts'
import { plainLineRoutes } from './gateway/plain-line.ts'
import { gatewayRoutes } from './gateway/routes.ts'
import { rehearsalRoutes } from './gateway/rehearsals.ts'
import { reportRoute } from './gateway/report.ts'
import { salesRoutes } from './gateway/sales.ts'
import { stageRoutes } from './gateway/stage.ts'
import { createWarRoom, warRoomRoutes } from './gateway/war-room.ts'
import { type Web, webRoutes } from './gateway/web.ts'
import { paymentRoutes } from './payment/routes.ts'
import type { Live } from './platform/live.ts'
import type { Job } from './platform/jobs.ts'
import type { App } from './platform/http.ts'
import { createStreams } from './platform/streams.ts'
import { appealRoutes } from './queue/routes-appeals.ts'
import { recordRoutes } from './queue/routes-record.ts'
import { watchRoutes } from './queue/routes-watches.ts'
import { queueOperatorRoutes } from './queue/routes-operator.ts'
import { createLineFeed } from './queue/line-feed.ts'
import { queueRoutes } from './queue/routes.ts'
import { drawRoutes } from './queue/routes-draw.ts'
import { lineStreamRoutes } from './queue/routes-stream.ts'
import { reservationRoutes } from './reservation/routes.ts'
import { createChangeFeed } from './seat/change-feed.ts'
import { seatRoutes } from './seat/routes.ts'
import { seatStreamRoutes } from './seat/routes-stream.ts'
import type { createOpenPasses } from './queue/open-pass.ts'
import { shopRoutes } from './queue/routes-shop.ts'
import type { ServiceName } from './services.ts'
import { userRoutes } from './user/routes.ts'
import type { createUser } from './user/service.ts'
import { walletRoutes } from './wallet/routes.ts'

type Mounting = Parts & { ensureUser: ReturnType<typeof createUser>['ensureUser'] | undefined; absent: ReadonlySet<ServiceName>; openPasses: ReturnType<typeof createOpenPasses>; web: Web }

/** Every service's routes, written against its API type: the service itself may run elsewhere. What is absent says so. */
export async function mountRoutes(app: App, api: Apis, { newId, now, publicUrl, rehearsals, ready, absent, openPasses, web, metrics, lagMs = () => 0, verify, stage, ensureUser }: Mounting) {
  const secure = publicUrl.startsWith('https:')
  const { user, concert, wallet, seat, queue, reservation, payment } = api
  const stock = async (showIds: string[]) =>
    absent.has('seat') ? new Map() : new Map((await seat.stock({ showIds })).stocks.map((s) => [s.showId, s]))
  const owner = ownsShow(concert)
  const present = <A extends object>(apis: A): Partial<A> => Object.fromEntries(Object.entries(apis).filter(([name]) => !absent.has(name as ServiceName))) as Partial<A>
  const mount = async (service: ServiceName, routes: (scope: App) => void) =>
    absent.has(service) ? mountAbsent(app, service, routes) : routes(app)
  // only these read cookies, so only they pay for parsing them
  await app.register(async (scope) => {
    await scope.register(cookie)
    userRoutes(scope as App, {
      user, newId,
      publicUrl,
      exportParts: (userId) => exportOf({ concert, ...present({ wallet, reservation, payment, queue }) }, userId),
      balance: async (userId) => (absent.has('wallet') ? 0 : (await wallet.balance({ userId })).balance),
    })
    if (!absent.has('queue')) plainLineRoutes(scope as App, { user, queue, secure })
  })
  webRoutes(app, { web, secure })
  concertRoutes(app, { concert, stock })
  await mount('wallet', (scope) => walletRoutes(scope, { wallet, newId }))
  await mount('seat', (scope) => seatRoutes(scope, { seat, newId, ownsShow: owner }))
  await mount('queue', (scope) => {
    drawRoutes(scope, { queue })
    drawProofRoutes(scope)
    lobbyRoute(scope, { queue, user, concert, now, ...present({ wallet }) })
    queueOperatorRoutes(scope, queue)
    recordRoutes(scope, queue)
    watchRoutes(scope, { queue, newId })
    appealRoutes(scope, { queue, newId, senderOf: (request) => (request as { sender?: string }).sender || null })
    queueRoutes(scope, { queue, isVerified: async (userId) => (await user.profile({ userId })).verified })
  })
  await mount('reservation', (scope) => {
    reservationRoutes(scope, { reservation, newId, ownsShow: owner })
    salesRoutes(scope, { concert, seat, reservation, payment, wallet, now, ownsShow: owner })
    reportRoute(scope, { concert, reservation, now, ownsShow: owner })
  })
  await mount('payment', (scope) => paymentRoutes(scope, { payment, newId }))
  if (absent.has('seat')) shopRoutes(app, { queue, concert, passes: openPasses, newId, now })
  const room = createWarRoom({ concert, queue, metrics, lagMs, now, verify, mayRehearse: stage !== undefined, ...present({ seat, reservation }) })
  if (!absent.has('queue')) warRoomRoutes(app, room)
  if (stage && ensureUser) stageRoutes(app, { stage, room, user, concert, queue, now, operatorId: () => ensureUser(stage.operator) })
  auditRoutes(app, { user, concert, ...present({ seat, queue, reservation }) })
  gatewayRoutes(app, { user, concert, ownsShow: owner, newId, ready, ...present({ wallet, queue, seat, reservation, payment }) })
  if (rehearsals) rehearsalRoutes(app, { user, concert, now })
}

const streamsMaxDefault = 12_000
const streamTickMs = 100

/** What is shown to crowds, and the jobs that keep it coming. Streams end before the server waits for its connections. */
export async function mountStreams(app: App, { queue, seat }: Apis, { live, metrics, now, random, streamsMax = streamsMaxDefault, absent }: Parts & { live: Live; absent: ReadonlySet<ServiceName> }): Promise<Job[]> {
  const streams = createStreams({ metrics, random, streamsMax })
  const line = createLineFeed({ queue, live, streams, now })
  const changes = createChangeFeed({ seat, live, streams, now })
  const mount = (service: ServiceName, routes: (scope: App) => void) => (absent.has(service) ? mountAbsent(app, service, routes) : routes(app))
  await mount('queue', (scope) => lineStreamRoutes(scope, { queue, feed: line, streams }))
  await mount('seat', (scope) => seatStreamRoutes(scope, { feed: changes, streams }))
  app.addHook('preClose', () => streams.close())
  return [
    { name: 'gateway.frames', everyMs: streamTickMs, run: () => line.tick() },
    { name: 'gateway.seats', everyMs: streamTickMs, run: () => changes.tick() },
  ]
}
