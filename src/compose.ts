import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConcert } from './concert/service.ts'
import { type ConcertApi, concertOperations } from './concert/api.ts'
import { absentApi } from './gateway/absent.ts'
import { type LimitSettings, limitRates, scaledBudgets, unproxied } from './gateway/limits.ts'
import { mountRoutes, mountStreams } from './mount.ts'
import { healthRoutes } from './gateway/routes.ts'
import { createLifted } from './gateway/lifted.ts'
import { createSlowLane } from './gateway/slow-lane.ts'
import { createServer } from './gateway/server.ts'
import type { Stage } from './gateway/stage.ts'
import type { VerifyReport } from './verify.ts'
import { createSessionGuard } from './gateway/sessions.ts'
import { readWeb } from './gateway/web.ts'
import { type PaymentApi, paymentOperations } from './payment/api.ts'
import { createPayment } from './payment/service.ts'
import { type Api, local, type Operations, type StepHook } from './platform/contract.ts'
import type { Database } from './platform/database.ts'
import type { DeliveryOptions } from './platform/delivery.ts'
import type { Subscriber } from './platform/inbox.ts'
import type { Served } from './platform/inner-door.ts'
import type { Relay } from './platform/relay.ts'
import { createRelayJob, settle } from './platform/relay-job.ts'
import { createMemoryBus } from './platform/memory-bus.ts'
import { countOutbox } from './platform/events.ts'
import { createMemoryLive, type Live } from './platform/live.ts'
import { inTurn, type Job, startJobs } from './platform/jobs.ts'
import type { Logger } from './platform/log.ts'
import { createBulkhead } from './platform/bulkhead.ts'
import type { Metrics } from './platform/metrics.ts'
import { countParked, listParked, replayAll } from './platform/parked.ts'
import { migrate } from './platform/migrate.ts'
import { type Budget, createMemoryRateLimit, type RateLimit } from './platform/rate-limit.ts'
import type { SessionClaims } from './platform/principal.ts'
import type { Service, Surroundings } from './platform/service.ts'
import { createSigner } from './platform/signature.ts'
import { createTokens, type Keys } from './platform/token.ts'
import { type QueueApi, queueOperations, type WorkClaims } from './queue/api.ts'
import type { Beacon } from './queue/beacon.ts'
import type { LinePort } from './queue/line-port.ts'
import { createQueue } from './queue/service.ts'
import { type ReservationApi, reservationOperations } from './reservation/api.ts'
import { createReservation } from './reservation/service.ts'
import { type PassClaims, type SeatApi, seatOperations } from './seat/api.ts'
import { createSeat } from './seat/service.ts'
import { createOpenPasses } from './queue/open-pass.ts'
import { createSoldByShop } from './queue/shop.ts'
import { callersOf, type Part, type ServiceName, serviceNames } from './services.ts'
import { type UserApi, userOperations } from './user/api.ts'
import type { Mail } from './user/mail.ts'
import { createUser } from './user/service.ts'
import { type WalletApi, walletOperations } from './wallet/api.ts'
import { callbackRoutes } from './wallet/routes-callbacks.ts'
import { type Tell, tellDue } from './wallet/sandbox-tells.ts'
import { createSandbox } from './wallet/sandbox.ts'
import { createWallet } from './wallet/service.ts'

export type Parts = Surroundings & {
  db: Database
  mail: Mail
  keys: { session: Keys; pass: Keys; provider?: readonly string[] }
  /** how the sandbox tells its answers; without it, it is asked for them */
  tell?: Tell
  log: Logger
  metrics: Metrics
  publicUrl: string
  queueCap: number
  /** public randomness for draws; without it they are weaker */
  beacon?: Beacon | undefined
  /** how long a first hold lasts */
  holdMs: number
  rehearsals: boolean
  /** how fast one account or address may ask; the default exempts this machine */
  limits?: LimitSettings
  /** where what was asked is counted; the default is this process's memory */
  rateLimit?: (budgets: Record<string, Budget>) => RateLimit
  /** where copies of lines are kept; the default is this process's memory */
  lines?: LinePort
  /** how news that is worth something for a second travels; without it, inside this process */
  live?: Live
  /** open streams of this process */
  streamsMax?: number
  /** waits for real time; tests pass one that does not wait */
  wait: (ms: number) => Promise<void>
  /** how late the event loop is, in milliseconds; without it, never */
  lagMs?: () => number
  ready: () => Promise<string[]>
  /** checks what is stored, where all of it is within reach */
  verify?: (() => Promise<VerifyReport>) | undefined
  /** the demo's: what watches over this process and runs its crowds */
  stage?: Stage
  /** told to stop, and serving on until others have taken over */
  isStopping?: () => boolean
  step?: StepHook
  /** what runs in this process; everything, unless the others can be called and heard of */
  runs?: ReadonlySet<Part>
  /** what this installation does not have; nothing unless said */
  absent?: ReadonlySet<ServiceName>
  /** the caller of a service that runs elsewhere */
  elsewhere?: <Ops extends Operations>(name: ServiceName, operations: Ops) => Api<Ops>
  /** how events travel; without it, inside this process */
  openBus?: (options: BusParts) => Bus
}
export type BusParts = { producers: string[]; subscribers: Subscriber[]; onParked: NonNullable<DeliveryOptions['onParked']> }
export type Apis = {
  user: UserApi
  concert: ConcertApi
  wallet: WalletApi
  seat: SeatApi
  queue: QueueApi
  reservation: ReservationApi
  payment: PaymentApi
}
/** `start` and `close` are for a bus that listens to others. */
export type Bus = Relay & { start?: () => void; close?: () => Promise<void>; lag?: () => Promise<Map<string, number>> }
export type System = Awaited<ReturnType<typeof compose>>

/** The composition root: read downward, it is the dependency graph. */
export async function compose(parts: Parts) {
  const { db, now, newId, random, step, log, metrics, wait } = parts
  const surroundings = { now, newId, random }
  const absent = parts.absent ?? new Set<ServiceName>()
  const runs = parts.runs ?? new Set<Part>([...serviceNames.filter((name) => !absent.has(name)), 'gateway'])
  const own = serviceNames.filter((name) => runs.has(name))
  await migrate(db, own.map((service) => ({ service, directory: new URL(`./${service}/migrations/`, import.meta.url) })))

  const subscribers: { name: string; on: NonNullable<Service<Operations>['on']> }[] = []
  const jobs: Job[] = []
  const recoveries: (() => Promise<unknown>)[] = []
  const served: Served[] = []
  /** Adds a service to this process and gives its local caller, or the caller of one that runs elsewhere. */
  function connect<Ops extends Operations>(name: ServiceName, operations: Ops, create: () => Service<Ops>): Api<Ops> {
    if (absent.has(name)) return absentApi(name, operations)
    if (!runs.has(name)) {
      assert(parts.elsewhere, `${name} runs elsewhere, and there is no way to call it`)
      return parts.elsewhere(name, operations)
    }
    const service = create()
    served.push({ name, operations, api: service.api, callers: callersOf(name) })
    if (service.on) subscribers.push({ name, on: service.on })
    jobs.push(...(service.jobs ?? []))
    if (service.recover) recoveries.push(service.recover)
    return local(name, operations, service.api, step)
  }

  const sessions = createTokens<SessionClaims>('session', parts.keys.session)
  const isSoldByShop = absent.has('seat')
  // strangers verify a pass only where they sell; our own way is three times as fast
  const openPasses = createOpenPasses(parts.keys.pass)
  const passes = isSoldByShop ? openPasses : createTokens<PassClaims>('pass', parts.keys.pass)

  const signer = createSigner('frame', parts.keys.pass)
  const live = parts.live ?? createMemoryLive()
  const userService = runs.has('user') ? createUser({ db, tokens: sessions, mail: parts.mail, publicUrl: parts.publicUrl, ...surroundings }) : undefined
  const user = connect('user', userOperations, () => userService as NonNullable<typeof userService>)
  const concert = connect('concert', concertOperations, () => createConcert({ db, isSoldByShop, ...surroundings }))
  const wallet = connect('wallet', walletOperations, () => walletWithSandbox(parts))
  const seat = connect('seat', seatOperations, () => createSeat({ db, passes, concert, live, holdMs: parts.holdMs, lagMs: parts.lagMs, ...surroundings }))
  const seller = isSoldByShop ? createSoldByShop({ db, concert }) : seat
  const queue = connect('queue', queueOperations, () => createQueue({ db, seat: seller, isSoldByShop, passes, works: createTokens<WorkClaims>('work', parts.keys.pass), signer, live, lagMs: parts.lagMs, capDefault: parts.queueCap, beacon: parts.beacon, metrics, log, ...(parts.lines && { lines: parts.lines }), ...surroundings }))
  const reservation = connect('reservation', reservationOperations, () => createReservation({ db, seat, concert, ...surroundings }))
  const payment = connect('payment', paymentOperations, () => createPayment({ db, seat, reservation, wallet, wait, ...surroundings }))

  const openBus = parts.openBus ?? ((bus: BusParts): Bus => createMemoryBus({ ...bus, db, now, holder: newId(), step }))
  const bus = openBus({
    producers: own, subscribers,
    onParked: (subscriber, event, error) => {
      metrics.eventsParked.inc({ subscriber })
      log.error({ subscriber, event: event.name, key: event.key, err: error }, 'event parked')
    },
  })
  const subscriberNames = subscribers.map(({ name }) => name)
  const reportParked = async () => {
    for (const [subscriber, count] of await countParked(db, subscriberNames)) metrics.parkedMessages.set({ subscriber }, count)
  }
  let backlogLooks = 0
  const reportBacklog = async () => {
    for (const { producer, count } of await countOutbox(db, own)) metrics.outboxWaiting.set({ producer }, count)
    // one that has just begun does not listen yet
    if (backlogLooks++ === 0) return
    for (const [subscriber, count] of (await bus.lag?.()) ?? []) metrics.consumerLag.set({ subscriber }, count)
  }
  const publish = async (producers?: Iterable<string>) => {
    const count = await bus.publishOnce(producers)
    metrics.eventsPublished.inc(count)
    return count
  }

  const guard = createSessionGuard({ user: runs.has('gateway') ? user : absentApi('user', userOperations), tokens: sessions, now })
  userService?.onSessionChange(guard.ended)
  if (runs.has('gateway')) jobs.push({ name: 'gateway.sessions', everyMs: 1_000, run: () => guard.poll() })

  const slowLane = createSlowLane({ queue, now })
  const appealed = createLifted({ queue })
  if (runs.has('gateway')) jobs.push(slowLane.job, ...(absent.has('queue') ? [] : [appealed.job]))
  const settings = parts.limits ?? unproxied
  const limits = { limit: (parts.rateLimit ?? createMemoryRateLimit)(scaledBudgets(settings.percent)), settings }
  const web = runs.has('gateway') ? readWeb() : undefined
  const secure = parts.publicUrl.startsWith('https:')
  const app = await createServer({ guard, metrics, log, newId, now, isStopping: parts.isStopping ?? (() => false), secure, ...(web && { web }), limitRates: (to) => limitRates(to, { ...limits, metrics, now, slowed: slowLane.slowed, lifted: appealed.lifted }) })
  const api = { user, concert, wallet, seat, queue, reservation, payment }
  if (web) {
    await mountRoutes(app, api, { ...parts, absent, openPasses, web, ensureUser: userService?.ensureUser })
    jobs.push(...(await mountStreams(app, api, { ...parts, live, absent })))
  } else if (runs.has('callbacks')) healthRoutes(app, parts.ready)
  const callbacks = createBulkhead(callbackRoom)
  if ((runs.has('gateway') || runs.has('callbacks')) && !absent.has('wallet'))
    await callbackRoutes(app, { wallet, secrets: new Map([['sandbox', parts.keys.provider ?? []]]), bulkhead: callbacks, metrics, now })
  for (const recover of recoveries) await recover()
  await reportParked()
  await app.ready()
  const turns = jobs.map(inTurn)

  return {
    app,
    absent,
    callbacks,
    served,
    api,
    /** which events each service of this process listens to */
    heard: Object.fromEntries(subscribers.map(({ name, on }) => [name, Object.keys(on)])),
    get userService() {
      assert(userService, 'user runs elsewhere')
      return userService
    },
    settle: () => settle(turns, publish),
    publish,
    release: () => bus.release(),
    parked: {
      list: () => listParked(db, subscriberNames),
      replay: (which: { subscriber?: string; key?: string }) => replayAll(db, subscribers, which).finally(reportParked),
    },
    start: () => {
      const relay = createRelayJob(publish)
      bus.start?.()
      const running = startJobs([...turns, relay.job, { name: 'platform.parked', everyMs: parkedReportMs, run: reportParked }, { name: 'platform.backlog', everyMs: backlogReportMs, run: reportBacklog }], {
        onError: (name, error) => {
          metrics.jobErrors.inc({ job: name })
          log.error({ job: name, err: error }, 'job failed')
        },
        onRun: (name, seconds) => metrics.jobSeconds.observe({ job: name }, seconds),
      })
      return { stop: async () => {
        // what a job has not ended by then it would not have ended when killed
        await Promise.race([Promise.all([relay.close(), running.stop()]), sleep(jobsStopMsMax, undefined, { ref: false })])
        // a database that is away needs no good-bye: the leases end by themselves
        await bus.release().catch((error: unknown) => log.warn({ err: error }, 'leases were not given back'))
        await bus.close?.()
      } }
    },
  }
}

/** Few at once are fast, as many as a provider may repeat after an outage wait, and the database is left to buyers. */
const callbackRoom = { concurrencyMax: 16, waitingMax: 2_000 }
const tellEveryMs = 250

function walletWithSandbox({ db, now, newId, random, keys, tell }: Parts) {
  const surroundings = { now, newId, random }
  const wallet = createWallet({ db, provider: createSandbox({ db, ...surroundings }), ...surroundings })
  const [secret] = keys.provider ?? []
  if (!tell || !secret) return wallet
  return { ...wallet, jobs: [...(wallet.jobs ?? []), { name: 'wallet.sandbox-tells', everyMs: tellEveryMs, run: () => tellDue(db, { secret, tell, now }) }] }
}

const parkedReportMs = 5_000
const jobsStopMsMax = 8_000
const backlogReportMs = 5_000
