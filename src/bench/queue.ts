import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { startChildServer } from '../cli/child-server.ts'
import { type Database, openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'
import { cpuMsOf, pinBackends, pinToCore } from './cores.ts'
import { hundredths, median } from './figures.ts'
import { getOf, inOrder, load, type NextRequest, postOf, roundAndRound } from './load.ts'
import { ask, environmentOf, rehearse, sessions, signIn } from './our-server.ts'
import { plantLine, userAt } from './queue-lines.ts'
import { measureRebuild } from './queue-rebuild.ts'

export type QueueBench = { engine: 'pglite' | 'postgres'; where: string; redisUrl: string; sizes: number[]; runs: number; seconds: number; say: (line: string) => void }
type Line = { showId: string; windowId: string; size: number }
type Acts = 'join' | 'position' | 'frame'

const acts: Acts[] = ['join', 'position', 'frame']
const connections = 128
/** a line of a thousand is soon none any more: so many join each time, in a fresh line where the line is short */
const joinsEach = 3_000
const freshBelow = 100_000

/**
 * Joining, the exact position and the frame over HTTP in lines of these sizes, from which up to 10 k left
 * in the middle, and the time to make the copy of the longest again. Sizes take turns, so that a noisy moment hits all.
 */
export async function measureQueue(bench: QueueBench) {
  const { engine, where, redisUrl, sizes, runs, say } = bench
  const dataDir = engine === 'pglite' ? where : await mkdtemp(join(tmpdir(), 'openrun-bench-'))
  try {
    const lines = await prepareLines(bench, dataDir)
    await withData(bench, async (db) => {
      for (const line of lines) await plantLine(db, line.windowId, line.size)
      await db.rows(sql`analyze`)
    })
    say(`${engine} queue: ${lines.length} lines are planted`)
    const rates = await measureRates(bench, dataDir, lines)
    const longest = lines.findLast(() => true) as Line
    const rebuild = await withData(bench, (db) => measureRebuild(db, longest.showId, redisUrl, runs, say))
    return { connections, keptIn: redisUrl ? 'redis' : 'memory', sizes, ...rates, rebuild }
  } finally {
    if (dataDir !== where) await rm(dataDir, { recursive: true, force: true })
  }
}

async function withData<T>({ engine, where }: QueueBench, use: (db: Database) => Promise<T>): Promise<T> {
  const db = engine === 'postgres' ? openPostgres(where, { statementTimeoutMs: 120_000 }) : await openEmbedded(where)
  return use(db).finally(() => db.close())
}

/** Open lines of which nobody is called, made by a server that ends then: the embedded database has one user at a time. */
async function prepareLines(bench: QueueBench, dataDir: string): Promise<Line[]> {
  const server = await startChildServer(dataDir, environmentOf(bench))
  try {
    const as = await signIn(server.url)
    const wanted = bench.sizes.flatMap((size) => Array.from({ length: size < freshBelow ? bench.runs + 1 : 1 }, () => size))
    const lines: Line[] = []
    for (const size of wanted) {
      const showId = await rehearse(server.url, as, 1)
      lines.push({ showId, windowId: await openLine(server.url, showId, as), size })
    }
    return lines
  } finally {
    await server.stop()
  }
}

async function openLine(url: string, showId: string, as: string): Promise<string> {
  for (;;) {
    const frame = await fetch(new URL(`/api/shows/${showId}/queue`, url))
    const { windowId, phase } = (await frame.json()) as { windowId?: string; phase?: string }
    if (windowId && phase === 'open') {
      await ask(url, 'PUT', `/api/operations/shows/${showId}/line`, { cap: 0 }, as)
      return windowId
    }
    await wait(100)
  }
}

async function measureRates(bench: QueueBench, dataDir: string, lines: Line[]) {
  const { engine, where, sizes, runs, seconds, say } = bench
  const server = await startChildServer(dataDir, environmentOf(bench))
  const rates = new Map<string, Sample[]>()
  try {
    await untilSessionsHold(server.url, lines[0] as Line)
    pinToCore('server', server.pid())
    pinToCore('generator', process.pid)
    for (let run = -1; run < runs; run++) {
      for (const act of acts) {
        for (const size of sizes) {
          const ofSize = lines.filter((line) => line.size === size)
          const line = ofSize[(run + 1) % ofSize.length] as Line
          const cpuMs = cpuMsOf(server.pid())
          const { perSecond, done, statuses } = await load(server.url, connections, act === 'join' ? 60 : seconds, requestsOf(act, line))
          const refused = Object.keys(statuses).filter((status) => status !== '200' && status !== '201')
          if (refused.length > 0) throw new Error(`${act} at ${size} answered ${JSON.stringify(statuses)}`)
          const cpuMicros = Math.round(((cpuMsOf(server.pid()) - cpuMs) * 1_000) / done)
          if (run >= 0) rates.set(`${act} ${size}`, [...(rates.get(`${act} ${size}`) ?? []), { perSecond: Math.round(perSecond), cpuMicros }])
        }
      }
      // the first round warms: what the compiler has not seen yet is slow
      if (run === -1 && engine === 'postgres') await pinBackends(where)
      if (run >= 0) say(`${engine} queue, run ${run + 1}: ${[...rates].map(([name, each]) => `${name} ${each.at(-1)?.perSecond}/s (${each.at(-1)?.cpuMicros} µs)`).join(', ')}`)
    }
  } finally {
    pinToCore('any', process.pid)
    await server.stop()
  }
  return Object.fromEntries(acts.map((act) => [act, summaryOf(sizes.map((size) => rates.get(`${act} ${size}`) ?? []))]))
}

/** Until its first look at ended sessions a server asks for each, and these users have none stored. */
async function untilSessionsHold(url: string, { showId, windowId }: Line) {
  const authorization = bearerOf(userAt(windowId, 1))
  while ((await fetch(new URL(`/api/shows/${showId}/queue/me`, url), { headers: { authorization } })).status === 401) await wait(100)
}

type Sample = { perSecond: number; cpuMicros: number }

/** `timesSlower` and `timesDearer`: against a line of the first size, by answers a second and by the server's CPU time for each. */
function summaryOf(spread: Sample[][]) {
  const perSecond = spread.map((each) => median(each.map((sample) => sample.perSecond)))
  const cpuMicros = spread.map((each) => median(each.map((sample) => sample.cpuMicros)))
  const [rate = 0, cpu = 0] = [perSecond[0], cpuMicros[0]]
  return { perSecond, timesSlower: perSecond.map((each) => hundredths(rate / each)), cpuMicros, timesDearer: cpuMicros.map((each) => hundredths(each / cpu)), spread }
}

const bearerOf = (userId: string) => `Bearer ${sessions.sign({ userId, sessionId: randomUUID(), role: 'buyer', epoch: 0, exp: Date.now() + 3_600_000 })}`
const headersOf = (userId: string) => `Authorization: ${bearerOf(userId)}\r\n`

function requestsOf(act: Acts, { showId, windowId, size }: Line): NextRequest {
  const path = `/api/shows/${showId}/queue`
  const requests = act === 'frame' ? [getOf(path, '')]
    : act === 'position' ? Array.from({ length: 2_000 }, () => getOf(`${path}/me`, headersOf(userAt(windowId, 1 + Math.floor(Math.random() * size)))))
      : Array.from({ length: joinsEach }, () => postOf(path, headersOf(randomUUID()), '{}'))
  return act === 'join' ? inOrder(requests) : roundAndRound(requests)
}
