import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { load, type LoadResult, type NextRequest, postOf } from '../bench/load.ts'
import { pinBackends, pinThreads, pinToCore } from '../bench/cores.ts'
import { measurePurchases } from '../bench/purchases.ts'
import { measureQueue } from '../bench/queue.ts'
import { keyIdOf } from '../keys.ts'
import { createPostgresDatabase } from '../platform/testing.ts'
import type { SessionClaims } from '../platform/principal.ts'
import { createTokens } from '../platform/token.ts'
import type { PassClaims } from '../seat/api.ts'
import { type ChildServer, serverFlags, startChildServer } from './child-server.ts'

/**
 * npm run bench -- [--json] [--only hold|purchase|queue] [--engine pglite|postgres] [--runs 3] [--seconds 3] [--sizes 1000,1000000]
 * Ours beside this machine's own limits in one run: a ratio of medians. PostgreSQL is measured when BENCH_DATABASE_URL
 * (or TEST_DATABASE_URL) names a server that may create databases.
 */
const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    engine: { type: 'string' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '512' },
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
  },
})
const runs = Number(args.runs)
const seconds = Number(args.seconds)
const connections = Number(args.connections)
const sizes = args.sizes.split(',').map(Number)
const serverUrl = process.env.BENCH_DATABASE_URL ?? process.env.TEST_DATABASE_URL
const operator = { email: 'bench@example.com', password: 'bench-operator-1234' }
const secrets = { SESSION_SECRET: 's'.repeat(40), PASS_SECRET: 'p'.repeat(40) }
const seatsCount = 50_000
/** more than the reference way holds in all the time it is given */
const naiveSeatsCount = 100_000
const quotaMax = 4
/** what the compiler has not seen often is slow: a server is still getting faster after the first hundred thousand holds */
const warmRequests = 250_000
/** for a server so slow that it would take minutes */
const warmSecondsMax = 12
/** a show is made long before its sale: the work behind making it is over by then */
const settleMs = 1_500

type Engine = 'pglite' | 'postgres'
const engines: Engine[] = (args.engine ? [args.engine as Engine] : serverUrl ? ['pglite', 'postgres'] : ['pglite'])
if (!serverUrl) say('PostgreSQL is NOT measured: set BENCH_DATABASE_URL')
const pinned = pinToCore('any', process.pid)
const report: Record<string, unknown> = { node: process.version, runs, seconds, connections, pinned, durability: { pglite: 'survives kill -9, not power loss', postgres: 'synchronous_commit on' } }
for (const engine of engines) {
  const hold = args.only && args.only !== 'hold' ? undefined : await measureHolds(engine)
  const purchase = args.only && args.only !== 'purchase' ? undefined : await withDatabase(engine, (where) => measurePurchases(engine, where, runs, say))
  const queue = args.only && args.only !== 'queue' ? undefined : await measureLines(engine)
  report[engine] = { ...(hold && { hold }), ...(purchase && { purchase }), ...(queue && { queue }) }
}
if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`)

/** Copies of lines in memory; with BENCH_REDIS_URL (or TEST_REDIS_URL), on PostgreSQL, in Redis too. */
async function measureLines(engine: Engine) {
  const inMemory = await withDatabase(engine, (where) => measureQueue({ engine, where, redisUrl: '', sizes, runs, seconds, say }))
  const redisUrl = engine === 'postgres' ? (process.env.BENCH_REDIS_URL ?? process.env.TEST_REDIS_URL) : undefined
  const inRedis = redisUrl ? await withDatabase(engine, (where) => measureQueue({ engine, where, redisUrl, sizes, runs, seconds, say })) : undefined
  return { memory: inMemory, ...(inRedis && { redis: inRedis }) }
}

async function measureHolds(engine: Engine) {
  const nulls: number[] = []
  const naives: number[] = []
  const ours: LoadResult[] = []
  for (let run = 0; run < runs; run++) {
    // side by side in each run, so that a noisy moment of the machine hits all three
    const nullHolds = nullRequests()
    nulls.push(await measureNaive('null', '', nullHolds))
    const naiveHolds = naiveRequests()
    naives.push(await withDatabase(engine, (where) => measureNaive(engine, where, naiveHolds)))
    ours.push(await withDatabase(engine, (where) => measureOurHolds(engine, where)))
    say(`${engine} hold, run ${run + 1}: null ${round(nulls[run])}/s, for update ${round(naives[run])}/s, ours ${round(ours[run]?.perSecond)}/s ${JSON.stringify(ours[run]?.statuses)}`)
  }
  const perSecond = median(ours.map((each) => each.perSecond))
  const latencies = ours.flatMap((each) => each.latencyMs).sort((a, b) => a - b)
  return {
    perSecond: round(perSecond), nullPostPerSecond: round(median(nulls)), forUpdatePerSecond: round(median(naives)),
    ratioToNullPost: ratio(perSecond, median(nulls)), ratioToForUpdate: ratio(perSecond, median(naives)),
    grantedShare: ratio(ours.reduce((sum, each) => sum + (each.statuses['201'] ?? 0), 0), ours.reduce((sum, each) => sum + each.done, 0)),
    latencyMs: { p50: ratio(latencies[latencies.length >> 1] ?? 0, 1), p99: ratio(latencies[Math.floor(latencies.length * 0.99)] ?? 0, 1) },
    spread: { null: nulls.map(round), forUpdate: naives.map(round), ours: ours.map((each) => round(each.perSecond)) },
  }
}

async function measureOurHolds(engine: Engine, where: string): Promise<LoadResult> {
  const dataDir = engine === 'pglite' ? where : await mkdtemp(join(tmpdir(), 'openrun-bench-'))
  const environment = { ...secrets, REHEARSALS: 'on', OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password, ...(engine === 'postgres' ? { DATABASE_URL: where } : { DATABASE_URL: '' }) }
  const server = await startChildServer(dataDir, environment)
  try {
    pinToCore('server', server.pid())
    const buyers = makeBuyers()
    return await warmLoad(server.url, async () => ourRequests(buyers, await prepareShow(server)), () => pinAround(engine, server.pid(), where))
  } finally {
    await server.stop()
    if (dataDir !== where) await rm(dataDir, { recursive: true, force: true })
  }
}

async function prepareShow(server: ChildServer) {
  const post = async (path: string, body: unknown, token?: string) => {
    const response = await fetch(new URL(path, server.url), { method: 'POST', headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path} answered ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  const session = await post('/api/sessions', operator)
  const { showId } = await post('/api/operations/rehearsals', { fans: 1, seats: seatsCount }, session.accessToken)
  for (;;) {
    const map = await fetch(new URL(`/api/shows/${showId}/seats`, server.url))
    const frame = await fetch(new URL(`/api/shows/${showId}/queue`, server.url))
    await map.arrayBuffer()
    const { windowId } = (await frame.json()) as { windowId?: string }
    if (map.ok && windowId) return { showId: showId as string, windowId }
    await wait(100)
  }
}

type Show = { showId: string; windowId: string }
type Buyer = { userId: string; sessionId: string; authorization: string }

/** As many as hold four seats each; their sessions are known to the server by the time they hold, as after a line. */
function makeBuyers(): Buyer[] {
  const sessions = createTokens<SessionClaims>('session', [{ id: keyIdOf(secrets.SESSION_SECRET), secret: secrets.SESSION_SECRET }])
  return Array.from({ length: Math.ceil(seatsCount / (connections * quotaMax)) * connections }, () => {
    const who = { userId: randomUUID(), sessionId: randomUUID() }
    return { ...who, authorization: `Authorization: Bearer ${sessions.sign({ ...who, role: 'buyer', epoch: 0, exp: Date.now() + 600_000 })}` }
  })
}

/** One seat a hold, every one granted: a new seat each time, four a buyer, as many buyers at a time as connections. Each has a new pass. */
function ourRequests(buyers: Buyer[], { showId, windowId }: Show): NextRequest {
  const requests = holdsOf(`/api/shows/${showId}/holds`, buyers, { showId, windowId })
  let sent = 0
  return () => requests[sent++]
}

/** The same requests, to the byte but for the path, for a route that does nothing with them; without an end. */
function nullRequests(): NextRequest {
  const requests = holdsOf('/null', makeBuyers(), { showId: randomUUID(), windowId: randomUUID() })
  let sent = 0
  return () => requests[sent++ % seatsCount]
}

function holdsOf(path: string, buyers: Buyer[], { showId, windowId }: Show): Buffer[] {
  const passes = createTokens<PassClaims>('pass', [{ id: keyIdOf(secrets.PASS_SECRET), secret: secrets.PASS_SECRET }])
  const headersOf = buyers.map(({ userId, sessionId, authorization }) => {
    const pass = passes.sign({ userId, sessionId, showId, windowId, passNo: 1, sections: null, exp: Date.now() + 600_000 })
    return `${authorization}\r\nPass: ${pass}\r\n`
  })
  const buyerOf = (n: number) => Math.floor(n / (connections * quotaMax)) * connections + (n % connections)
  return Array.from({ length: seatsCount }, (_, n) => postOf(path, headersOf[buyerOf(n)] as string, `{"seatIds":[${n + 1}]}`))
}

/** Every server is warmed first, by as many requests. */
async function warmLoad(url: string, requests: () => Promise<NextRequest>, onWarm: () => Promise<void>): Promise<LoadResult> {
  pinToCore('generator', process.pid)
  try {
    const warmUntil = performance.now() + warmSecondsMax * 1_000
    for (let left = warmRequests; left > 0 && performance.now() < warmUntil; ) {
      const { done } = await load(url, connections, (warmUntil - performance.now()) / 1_000, atMost(left, await requests()))
      left -= done
    }
    const measured = await requests()
    await wait(settleMs)
    await onWarm()
    return await load(url, connections, seconds, measured)
  } finally {
    pinToCore('any', process.pid) // what is started next inherits it
  }
}

function atMost(count: number, next: NextRequest): NextRequest {
  let left = count
  return () => (left-- > 0 ? next() : undefined)
}

/** Keeps off the server's core what works for it beside its main thread; an embedded database is one of its threads. */
async function pinAround(engine: Engine | 'null', pid: number, where: string) {
  if (engine === 'pglite') return
  pinThreads(pid)
  if (engine === 'postgres') await pinBackends(where)
}

/** The same wishes for the reference way, whose buyer is only a header. */
function naiveRequests(): NextRequest {
  const requests = Array.from({ length: naiveSeatsCount }, (_, n) => postOf('/hold', `Authorization: buyer-${n >> 2}\r\n`, `{"seatIds":[${n + 1}]}`))
  let sent = 0
  return () => requests[sent++]
}

/** Requests a second of a server that is not ours: `null` or one transaction a request. */
async function measureNaive(engine: Engine | 'null', where: string, requests: NextRequest): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [...serverFlags, new URL('../bench/naive-server.ts', import.meta.url).pathname, engine, where, String(naiveSeatsCount)], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [first] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const pid = child.pid ?? 0
    pinToCore('server', pid)
    const { perSecond } = await warmLoad(`http://127.0.0.1:${first.toString().trim()}`, async () => requests, () => pinAround(engine, pid, where))
    return perSecond
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** A fresh data directory or database for one measurement, dropped after. */
async function withDatabase<T>(engine: Engine, use: (where: string) => Promise<T>): Promise<T> {
  if (engine === 'postgres') {
    const { url, drop } = await createPostgresDatabase(serverUrl ?? '')
    return use(url).finally(drop)
  }
  const directory = await mkdtemp(join(tmpdir(), 'openrun-bench-'))
  return use(directory).finally(() => rm(directory, { recursive: true, force: true }))
}

function say(line: string) {
  ;(args.json ? process.stderr : process.stdout).write(`${line}\n`)
}
function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
function round(value: number | undefined): number {
  return Math.round(value ?? 0)
}
function ratio(value: number, limit: number): number {
  return Math.round((value / limit) * 100) / 100
}
