import { randomUUIDv7 } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import type { Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { compose, type System } from './compose.ts'
import { type Config, ConfigError } from './config.ts'
import { demoLogins, seedDemo } from './demo.ts'
import { createOperations } from './gateway/operations.ts'
import type { Stage } from './gateway/stage.ts'
import { keysOf } from './keys.ts'
import { type Networks, networksOf } from './platform/address.ts'
import { type Clock, openClock } from './platform/clock.ts'
import { type Database, openPostgres } from './platform/database.ts'
import { openEmbedded } from './platform/embedded.ts'
import { createInnerDoor } from './platform/inner-door.ts'
import { openLag } from './platform/lag.ts'
import type { Live } from './platform/live.ts'
import { createLog, type Logger } from './platform/log.ts'
import { createMetrics, type Metrics } from './platform/metrics.ts'
import { holdProcessLock } from './platform/process-lock.ts'
import type { Budget, RateLimit } from './platform/rate-limit.ts'
import { createDrandBeacon } from './queue/beacon.ts'
import type { LinePort } from './queue/line-port.ts'
import { createConsoleMail, createFileMail } from './user/mail.ts'
import { serviceNames } from './services.ts'
import type { StageLink } from './stage/link.ts'
import { verify, type VerifyReport, verifyServices } from './verify.ts'
import { exportRoutes } from './verify-processes.ts'
import { tellByHttp } from './wallet/sandbox-tells.ts'

export type Server = { url: string; opsUrl: string; system: System; addressFile: string; close: (reason: string) => Promise<void> }

const verifyPauseMs = 300
/** Callers of the inner door are a few processes that ask all the time. */
const doorDrainMs = 300

/**
 * Starts everything in this process: database, services, both ports, jobs. `close` ends it in order and keeps every
 * acknowledgement. `clockOf` is for whoever owns the time, as tests do.
 */
export async function openServer(config: Config, link?: StageLink, clockOf: (db: Database) => Promise<Clock> = openClock): Promise<Server> {
  const log = createLog(config.LOG_LEVEL)
  // it holds everybody's data and the secrets: nobody else on this machine reads it
  await mkdir(config.DATA_DIR, { recursive: true, mode: 0o700 })
  if (!config.DATABASE_URL) await keepDemoApart(config)
  const db = config.DATABASE_URL
    ? openPostgres(config.DATABASE_URL, { connectionsMax: config.DATABASE_CONNECTIONS })
    : await openEmbedded(config.DATA_DIR)
  // with the bus in its memory it has to be the only one
  const processLock = config.DATABASE_URL ? await holdProcessLock(config.DATABASE_URL, { shared: Boolean(config.KAFKA_BROKERS) }) : undefined
  const clock = await clockOf(db)
  const lag = openLag()
  const metrics = createMetrics()
  const shared = config.REDIS_URL ? await shareByRedis(config.REDIS_URL, { metrics, log }) : undefined
  let stopping = false
  const looking = { now: clock.now, pause: () => wait(verifyPauseMs) }
  const ready = () => problemsOf({ db, clock, stopping: () => stopping })
  const { system, door, close: closeDistributed } = await composeWith(config, { db, clock, lagMs: lag.lagMs, log, metrics, ready, verify: config.isWhole ? () => verify(() => db, looking, config.absent) : undefined, isStopping: () => stopping, ...(link && { stage: stageOf(link) }), ...shared?.ports })
  await ensureOperator(config, system)
  if (config.demo) await seedDemo(system, clock.now())

  const jobs = system.start()
  const services = serviceNames.filter((name) => config.runs.has(name))
  const operations = createOperations({
    metrics, ready, parked: system.parked,
    // others may have databases of their own
    verify: () => (config.isWhole ? verify(() => db, looking, config.absent) : verifyServices(services, () => db, looking)),
    mount: (app) => exportRoutes(app, { services, absent: [...config.absent], dbOf: () => db }),
  })
  const gauges = setInterval(() => sample(metrics, db, clock, system), 1_000).unref()
  const opsUrl = await operations.listen({ host: config.OPS_HOST, port: config.OPS_PORT })
  boundConnections(system.app.server, config.CONNECTIONS_MAX, metrics)
  const url = config.runs.has('gateway') || config.runs.has('callbacks') ? await system.app.listen({ host: config.HOST, port: config.PORT }) : ''
  const innerUrl = await door?.listen({ host: config.INNER_HOST, port: config.INNER_PORT })
  const addressFile = join(config.DATA_DIR, 'server.json')
  await writeFile(addressFile, JSON.stringify({ pid: process.pid, url, opsUrl, ...(innerUrl ? { innerUrl } : {}) }))

  const close = async (reason: string) => {
    log.info({ reason }, 'stopping')
    stopping = true
    // whoever knows another replica learns from the answers of this time to ask that one
    await wait(Math.max(config.DRAIN_SECONDS * 1_000, door ? doorDrainMs : 0))
    await Promise.all([system.app.close(), door?.close()])
    await jobs.stop()
    await closeDistributed()
    await operations.close()
    clearInterval(gauges)
    clock.close()
    lag.close()
    shared?.close()
    await processLock?.release()
    await db.close()
  }
  return { url, opsUrl, system, addressFile, close }
}

type Platform = { db: Database; clock: Clock; lagMs: () => number; log: Logger; metrics: Metrics; ready: () => Promise<string[]>; verify?: (() => Promise<VerifyReport>) | undefined; isStopping: () => boolean; stage?: Stage; rateLimit?: (budgets: Record<string, Budget>) => RateLimit; lines?: LinePort; live?: Live }

async function composeWith(config: Config, { clock, ...platform }: Platform) {
  const keys = await keysOf(config)
  const mail = config.MAIL === 'console' ? createConsoleMail((text) => process.stdout.write(text)) : createFileMail(join(config.DATA_DIR, 'mail'))
  const surroundings = {
    now: clock.now,
    // ordered by time: new rows are neighbours in their index
    newId: () => randomUUIDv7(),
    random: Math.random,
    wait: (ms: number) => wait(ms, undefined, { ref: false }),
  }
  // a laptop needs none of what lies behind it
  const distributed = config.KAFKA_BROKERS || !config.isWhole ? await import('./distributed.ts') : undefined
  const needs = { ...platform, ...surroundings }
  const elsewhere = config.isWhole ? undefined : distributed?.createElsewhere(config, needs)
  const system = await compose({
    ...platform, keys, mail, ...surroundings,
    beacon: config.BEACON_URLS === 'none' ? undefined : createDrandBeacon(config.BEACON_URLS.split(',')),
    runs: config.runs,
    absent: config.absent,
    ...(config.PROVIDER_CALLBACK_URL && { tell: tellByHttp(config.PROVIDER_CALLBACK_URL) }),
    ...(elsewhere && { elsewhere: elsewhere.caller }),
    ...(distributed && { openBus: distributed.openKafka(config, needs) }),
    publicUrl: config.PUBLIC_URL,
    queueCap: config.QUEUE_CAP,
    streamsMax: config.STREAMS_MAX,
    holdMs: config.HOLD_SECONDS * 1_000,
    rehearsals: config.REHEARSALS === 'on',
    limits: { percent: config.RATE_LIMIT_PERCENT, exempt: networks(config.RATE_LIMIT_EXEMPT), proxies: networks(config.TRUST_PROXY) },
  })
  // a whole process may still be called by the callbacks of providers beside it
  const door = system.served.length === 0 || !distributed || (config.isWhole && !config.SERVICE_SECRET) ? undefined : createInnerDoor(system.served, { tokens: distributed.createServiceTokens(config.SERVICE_SECRET ?? ''), now: clock.now, log: platform.log, isStopping: platform.isStopping })
  return { system, door, close: async () => elsewhere?.close() }
}

/** Limits, copies of lines and live news that every process on this Redis shares. Nothing of it is loaded without a URL. */
async function shareByRedis(url: string, { metrics, log }: { metrics: Metrics; log: Logger }) {
  const [{ openRedis }, { createRedisRateLimit }, { createRedisLines }, { openRedisLive }] =
    await Promise.all([import('./platform/redis.ts'), import('./platform/redis-rate-limit.ts'), import('./queue/line-redis.ts'), import('./platform/redis-live.ts')])
  const redis = await openRedis(url)
  if (!redis.wasConnected()) log.warn('REDIS_URL: no connection yet; every request passes the rate limits until there is one')
  const live = openRedisLive({ url, newId: () => randomUUIDv7(), metrics, log })
  return {
    ports: {
      live,
      rateLimit: (budgets: Record<string, Budget>) => createRedisRateLimit({ redis, budgets, metrics, log }),
      lines: createRedisLines({ redis, newId: () => randomUUIDv7() }),
    },
    close: () => {
      redis.close()
      live.close()
    },
  }
}

/** Who stands on the stage, and who makes its shows: two of the demo's logins. */
function stageOf(link: StageLink): Stage {
  const [fan, , operator] = demoLogins
  return { link, fan: { email: fan.email, password: fan.password }, operator }
}

// readConfig has refused what cannot be read
const networks = (text = '') => networksOf(text) as Networks

/** Demo logins are known to everybody, so what they open must never be served as anything but the demo. */
async function keepDemoApart({ demo, DATA_DIR }: Config) {
  const mark = join(DATA_DIR, 'demo')
  if (demo) await writeFile(mark, 'This directory has the demo logins. Only npm start opens it.\n')
  else if (existsSync(mark)) throw new ConfigError(`- ${DATA_DIR} has demo data and logins that everybody knows: start it with npm start, or set DATA_DIR to another directory`)
}

/** Without a bound a flood uses up the files of the process, and the database is what fails then. */
function boundConnections(server: NetServer, connectionsMax: number, metrics: Metrics) {
  server.maxConnections = connectionsMax
  server.on('drop', () => metrics.connectionsRefused.inc())
}

/** Whoever has the address may be a stranger who signed up with it first: only an operator may make another one. */
async function ensureOperator({ OPERATOR_EMAIL: email, OPERATOR_PASSWORD: password, runs }: Config, system: System) {
  if (!email || !password || !runs.has('user')) return
  const { userService, api } = system
  const userId = await userService.ensureUser({ email, name: 'Operator', password, role: 'operator' })
  if ((await api.user.profile({ userId })).role !== 'operator')
    throw new ConfigError('- OPERATOR_EMAIL has an account that is no operator, perhaps a stranger\'s: give another address, or let an operator give that account the role (PUT /api/users/:id/role)')
}

const readyTimeoutMs = 2_000

async function problemsOf({ db, clock, stopping }: { db: Database; clock: Clock; stopping: () => boolean }): Promise<string[]> {
  if (stopping()) return ['stopping']
  const problems: string[] = []
  if (!clock.ready()) problems.push(`clock uncertain by ${Math.round(clock.doubtMs())} ms`)
  const answered = await Promise.race([
    db.rows(sql`select 1`).then(() => true, () => false),
    wait(readyTimeoutMs, false, { ref: false }),
  ])
  if (!answered) problems.push('the database does not answer')
  return problems
}

function sample(metrics: Metrics, db: Database, clock: Clock, { callbacks }: System) {
  metrics.callbacksWaiting.set(callbacks.counts().waiting)
  const { total, idle, waiting } = db.stats()
  metrics.databaseConnections.set({ state: 'total' }, total)
  metrics.databaseConnections.set({ state: 'idle' }, idle)
  metrics.databaseConnections.set({ state: 'waiting' }, waiting)
  metrics.clockDoubt.set(clock.doubtMs() / 1000)
}
