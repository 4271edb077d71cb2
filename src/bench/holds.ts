import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { serverFlags, startChildServer } from '../cli/child-server.ts'
import type { PassClaims } from '../seat/api.ts'
import { pinBackends, pinThreads, pinToCore } from './cores.ts'
import { hundredths, median } from './figures.ts'
import { inOrder, load, type LoadResult, type NextRequest, postOf, roundAndRound } from './load.ts'
import { environmentOf, passesOf, rehearse, sessions, signIn } from './our-server.ts'

type Engine = 'pglite' | 'postgres'
type Settings = {
  engine: Engine
  /** lends a fresh data directory or database */
  withDatabase: <T>(engine: Engine, use: (where: string) => Promise<T>) => Promise<T>
  runs: number
  connections: number
  say: (line: string) => void
}
/** A server under load: `ready` prepares what its next slices ask for, `ask` is one of them. */
type Side = { warm: () => Promise<void>; ready: () => Promise<void>; ask: () => Promise<LoadResult>; stop: () => Promise<void> }
type Slice = Record<'null' | 'forUpdate' | 'ours', LoadResult>

const seatsCount = 50_000
const quotaMax = 4
/** what the compiler has not seen often is slow: our server is still getting faster after the first hundred thousand holds */
const warmRequests = 250_000
/** the reference way, which waits for its database, would take minutes */
const naiveWarmSeconds = 6
/** more than the reference way holds in all the time it is given */
const naiveSeatsCount = 200_000
const showsPerRun = 4
const slicesPerShow = 2
const sliceHolds = seatsCount / slicesPerShow
/** about as long as ours takes for its holds */
const sliceSeconds = 1
/** a show is made long before its sale: the work behind making it is over by then */
const settleMs = 1_500
const restMs = 200

/**
 * One seat a hold over HTTP, every one granted (by one process, so that nothing is ever lost), beside the same request to a
 * route that does nothing with it and beside the reference way. All three servers run and are warm; slices of a second
 * alternate between them, for what a machine does in a second it does not do a minute later. A ratio is the median of those
 * of neighbours.
 */
export async function measureHolds(settings: Settings) {
  const slices: Slice[] = []
  for (let run = 0; run < settings.runs; run++) {
    const ofRun = await measureRun(settings)
    slices.push(...ofRun)
    settings.say(`${settings.engine} hold, run ${run + 1}: ${JSON.stringify(summaryOf(ofRun))}`)
  }
  const latencies = slices.flatMap(({ ours }) => ours.latencyMs).sort((a, b) => a - b)
  return {
    ...summaryOf(slices),
    latencyMs: { p50: hundredths(latencies[latencies.length >> 1] ?? 0), p99: hundredths(latencies[Math.floor(latencies.length * 0.99)] ?? 0) },
    spread: { ratioToNullPost: slices.map((slice) => hundredths(ratioTo('null', slice))).sort((a, b) => a - b) },
  }
}

const ratioTo = (limit: 'null' | 'forUpdate', slice: Slice) => slice.ours.perSecond / slice[limit].perSecond
const summaryOf = (slices: Slice[]) => ({
  perSecond: Math.round(median(slices.map(({ ours }) => ours.perSecond))),
  nullPostPerSecond: Math.round(median(slices.map((slice) => slice.null.perSecond))),
  forUpdatePerSecond: Math.round(median(slices.map(({ forUpdate }) => forUpdate.perSecond))),
  ratioToNullPost: hundredths(median(slices.map((slice) => ratioTo('null', slice)))),
  ratioToForUpdate: hundredths(median(slices.map((slice) => ratioTo('forUpdate', slice)))),
})

const measureRun = ({ engine, withDatabase, connections }: Settings): Promise<Slice[]> =>
  withDatabase(engine, (ourWhere) => withDatabase(engine, async (naiveWhere) => {
    const sides: Side[] = []
    const opened = async (opening: Promise<Side>) => {
      const side = await opening
      sides.push(side)
      return side
    }
    try {
      const empty = await opened(openNull(connections))
      const naive = await opened(openNaive(engine, naiveWhere, connections))
      const ours = await opened(openOurs(engine, ourWhere, connections))
      pinToCore('generator', process.pid)
      for (const side of sides) await side.warm()
      const slices: Slice[] = []
      for (let show = 0; show < showsPerRun; show++) {
        for (const side of sides) await side.ready()
        for (let slice = 0; slice < slicesPerShow; slice++) slices.push(await measureSlice({ null: empty, forUpdate: naive, ours }, slice % 2 === 1))
      }
      return slices
    } finally {
      for (const side of sides) await side.stop()
      pinToCore('any', process.pid) // what is started next inherits it
    }
  }))

/** In turn one way and the other, with a rest between: nobody is always measured after the same other. */
async function measureSlice(sides: Record<keyof Slice, Side>, backwards: boolean): Promise<Slice> {
  const slice: Partial<Slice> = {}
  const names: (keyof Slice)[] = ['null', 'forUpdate', 'ours']
  for (const name of backwards ? names.reverse() : names) {
    await wait(restMs)
    const result = await sides[name].ask()
    if (result.done === 0 || result.statuses['201'] !== result.done) throw new Error(`${name} answered ${JSON.stringify(result.statuses)}`)
    slice[name] = result
  }
  return slice as Slice
}

async function openOurs(engine: Engine, where: string, connections: number): Promise<Side> {
  const dataDir = engine === 'pglite' ? where : await mkdtemp(join(tmpdir(), 'openrun-bench-'))
  const server = await startChildServer(dataDir, environmentOf({ engine, where }))
  const buyers = makeBuyers(connections)
  let requests: NextRequest = () => undefined
  return {
    warm: async () => {
      for (let done = 0; done < warmRequests; done += seatsCount) {
        const holds = inOrder(await requestsOf(server.url, buyers, connections))
        await asOneOnItsCore(server.pid(), () => load(server.url, connections, Number.POSITIVE_INFINITY, holds))
      }
    },
    ready: async () => {
      requests = inOrder(await requestsOf(server.url, buyers, connections))
      await wait(settleMs)
      await pinAround(engine, server.pid(), where)
    },
    ask: () => asOneOnItsCore(server.pid(), () => load(server.url, connections, Number.POSITIVE_INFINITY, atMost(sliceHolds, requests))),
    stop: async () => {
      await server.stop()
      if (dataDir !== where) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Its jobs go on while others are measured, and must not take their core. */
async function asOneOnItsCore<T>(pid: number, act: () => Promise<T>): Promise<T> {
  pinToCore('server', pid)
  return act().finally(() => pinToCore('generator', pid))
}

async function openNull(connections: number): Promise<Side> {
  // the same requests, to the byte but for the path, for a route that does nothing with them; without an end
  const next = roundAndRound(holdsOf('/null', makeBuyers(connections), { showId: randomUUID(), windowId: randomUUID() }, connections))
  const server = await startNaive('null', '')
  return {
    ...server,
    warm: async () => void (await load(server.url, connections, Number.POSITIVE_INFINITY, atMost(warmRequests, next))),
    ready: () => pinAround('null', server.pid, ''),
    ask: () => load(server.url, connections, sliceSeconds, next),
  }
}

async function openNaive(engine: Engine, where: string, connections: number): Promise<Side> {
  const requests = Array.from({ length: naiveSeatsCount }, (_, n) => postOf('/hold', `Authorization: buyer-${buyerOf(n, connections)}\r\n`, `{"seatIds":[${n + 1}]}`))
  const next = inOrder(requests)
  const server = await startNaive(engine, where)
  return {
    ...server,
    warm: async () => void (await load(server.url, connections, naiveWarmSeconds, next)),
    ready: () => pinAround(engine, server.pid, where),
    ask: () => load(server.url, connections, sliceSeconds, next),
  }
}

/** A server that is not ours: `null` or one transaction a request. It does nothing between requests. */
async function startNaive(engine: Engine | 'null', where: string) {
  const child: ChildProcess = spawn(process.execPath, [...serverFlags, new URL('./naive-server.ts', import.meta.url).pathname, engine, where, String(naiveSeatsCount)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [first] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  const pid = child.pid ?? 0
  pinToCore('server', pid)
  const stop = async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  return { url: `http://127.0.0.1:${first.toString().trim()}`, pid, stop }
}

/** Keeps off the server's core what works for it beside its main thread; an embedded database is one of its threads. */
async function pinAround(engine: Engine | 'null', pid: number, where: string) {
  if (engine === 'pglite') return
  pinThreads(pid)
  if (engine === 'postgres') await pinBackends(where)
}

/** Holds of every seat of a new show. */
async function requestsOf(url: string, buyers: Buyer[], connections: number): Promise<Buffer[]> {
  const showId = await rehearse(url, await signIn(url), seatsCount)
  for (;;) {
    const map = await fetch(new URL(`/api/shows/${showId}/seats`, url))
    const frame = await fetch(new URL(`/api/shows/${showId}/queue`, url))
    await map.arrayBuffer()
    const { windowId } = (await frame.json()) as { windowId?: string }
    if (map.ok && windowId) return holdsOf(`/api/shows/${showId}/holds`, buyers, { showId, windowId }, connections)
    await wait(100)
  }
}

type Show = { showId: string; windowId: string }
type Buyer = { userId: string; sessionId: string; authorization: string }

/** As many as hold four seats each; their sessions are known to the server by the time they hold, as after a line. */
function makeBuyers(connections: number): Buyer[] {
  return Array.from({ length: Math.ceil(seatsCount / (connections * quotaMax)) * connections }, () => {
    const who = { userId: randomUUID(), sessionId: randomUUID() }
    return { ...who, authorization: `Authorization: Bearer ${sessions.sign({ ...who, role: 'buyer', epoch: 0, exp: Date.now() + 600_000 })}` }
  })
}

/** Four seats a buyer, as many buyers at a time as connections: none waits for himself. */
const buyerOf = (n: number, connections: number) => Math.floor(n / (connections * quotaMax)) * connections + (n % connections)

/** One seat a hold, a new seat each time. Each buyer has a new pass. */
function holdsOf(path: string, buyers: Buyer[], { showId, windowId }: Show, connections: number): Buffer[] {
  const passes = passesOf<PassClaims>()
  const headersOf = buyers.map(({ userId, sessionId, authorization }) => {
    const pass = passes.sign({ userId, sessionId, showId, windowId, passNo: 1, sections: null, exp: Date.now() + 600_000 })
    return `${authorization}\r\nPass: ${pass}\r\n`
  })
  return Array.from({ length: seatsCount }, (_, n) => postOf(path, headersOf[buyerOf(n, connections)] as string, `{"seatIds":[${n + 1}]}`))
}

function atMost(count: number, next: NextRequest): NextRequest {
  let left = count
  return () => (left-- > 0 ? next() : undefined)
}
