import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../crowd/client.ts'
import type { Crowd } from '../crowd/ask.ts'
import { temperOf, visit } from '../crowd/fan.ts'
import { createRecord } from '../crowd/record.ts'
import { seeded } from '../crowd/random.ts'
import { createWalkers } from '../crowd/walkers.ts'
import { type ChildServer, startChildServer } from './child-server.ts'
import { runningAt } from './running-server.ts'
import { audit, linesOf } from './rush-report.ts'
import { openWatchers, watchersLine } from './watchers.ts'
import { type RushOptions, rushOptions, usage } from './rush-options.ts'

const operator = { email: process.env.OPERATOR_EMAIL ?? 'operator@example.com', password: process.env.OPERATOR_PASSWORD ?? 'operator-demo-1234' }
const rehearsalHoldSeconds = '20'
const probeTimeoutMs = 10_000
/** news reach a service late while its process joins its groups */
const openTimeoutMs = 120_000

/** Why a rush could not be run, for the person who asked for it. */
class NotRun extends Error {}

const options = rushOptions(process.argv.slice(2))
if (Array.isArray(options)) {
  process.stderr.write(`${options.join('\n')}\n\n${usage}\n`)
  process.exit(2)
}
const { fans, seats, seed, seconds, minutes, kill: kills, watchers: watchersCount, json } = options
if (options.help) process.stdout.write(`${usage}\n`)
else process.exitCode = await run(options)

async function run({ url, opsUrl }: RushOptions): Promise<number> {
  let own: Awaited<ReturnType<typeof startOwnServer>> | undefined
  try {
    own = url === undefined ? await startOwnServer() : undefined
    return await rush(url ?? own?.server.url ?? '', opsUrl?.split(',') ?? (await opsUrlsOf(url, own?.server)), own?.server)
  } catch (error) {
    if (!(error instanceof NotRun)) throw error
    process.stderr.write(`${error.message}\n`)
    if (json) process.stdout.write(`${JSON.stringify({ fans, seats, sound: false, error: error.message })}\n`)
    return 1
  } finally {
    await own?.close()
  }
}

async function startOwnServer() {
  const dataDir = await mkdtemp(join(tmpdir(), 'openrun-rush-'))
  let server: ChildServer | undefined
  const close = async () => {
    await server?.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close().finally(() => process.exit(130)))
  const environment = { REHEARSALS: 'on', HOLD_SECONDS: rehearsalHoldSeconds, OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password }
  try {
    server = await startChildServer(dataDir, environment)
    return { server, close }
  } catch (error) {
    await close()
    throw new NotRun(error instanceof Error ? error.message : String(error))
  }
}

async function rush(url: string, opsUrls: string[], child: ChildServer | undefined): Promise<number> {
  const record = createRecord()
  const client = createClient(url, (what, code) => {
    if (what === 'unknown') record.counts.unknowns++
    if (code) record.refused(code)
    record.counts.retries++
  })
  await probe(url)
  say(`crowd of ${fans} for ${seats} seats at ${url}`)
  const { showId, tokens } = await prepare(client).catch(async (error) => {
    await client.close()
    throw error
  })
  const random = seeded(seed)
  const walkers = createWalkers({ client, showId, seats, record })
  const crowd: Crowd = {
    client, showId, record, walkers, random, soldOut: false, streams: 0,
    thinkMs: (low, high) => low + random() * (high - low),
    deadline: () => performance.now() > startedAt + minutes * 60_000,
  }
  const watchers = watchersCount > 0 ? await openWatchers({ url, showId, count: watchersCount, ranks: 2 * fans, seed, serverPid: child?.pid() }) : undefined
  const startedAt = performance.now()
  let isOver = false
  const progress = setInterval(() => say(progressLine(record, startedAt)), 1_000)
  const killing = child ? killInTheMiddle(child, record, () => isOver) : Promise.resolve(0)
  const tidying = (async () => {
    for (; !isOver; await wait(1_000)) await walkers.tidyUp(Date.now())
  })()
  // open loop: everybody comes at their own time, most of them at once, whatever the server does
  await Promise.all(tokens.map(async (token) => {
    const temper = temperOf(random)
    await wait(seconds * 1_000 * random() ** 3)
    await visit(crowd, token, temper)
  }))
  const saleSeconds = (performance.now() - startedAt) / 1_000
  const watched = await watchers?.stop()
  isOver = true
  clearInterval(progress)
  await tidying
  const killed = await killing
  const report = await audit({ url, opsUrls, showId, fans, seats, client, record, walkedAway: walkers.counts, saleSeconds, kills: killed, isOwn: child !== undefined, watched, say })
  await client.close()
  if (watched) say(watchersLine(watched))
  for (const line of linesOf(report)) say(line)
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  return report.sound ? 0 : 1
}

async function prepare(client: ReturnType<typeof createClient>) {
  const session = await client.send('POST', '/api/sessions', { body: operator })
  if (session.status !== 201)
    throw new NotRun(`${operator.email} could not sign in: ${session.status} ${session.body.code ?? ''}. Set OPERATOR_EMAIL and OPERATOR_PASSWORD to those of an operator.`)
  const token = String(session.body.accessToken)
  const made = await client.send('POST', '/api/operations/rehearsals', { token, body: { fans, seats } })
  if (made.status !== 201)
    throw new NotRun(`no rehearsal: ${made.status} ${made.body.code ?? ''} ${made.body.detail ?? ''}${made.status === 404 ? '. Start that server with REHEARSALS=on.' : ''}`)
  const { showId, fans: people } = made.body as unknown as { showId: string; fans: { accessToken: string }[] }
  for (const endAt = performance.now() + openTimeoutMs; performance.now() < endAt; ) {
    const map = await client.send('GET', `/api/shows/${showId}/seats`)
    const frame = await client.send('GET', `/api/shows/${showId}/queue`)
    if (map.status === 200 && frame.body.phase === 'open') return { showId, tokens: people.map((person) => person.accessToken) }
    await wait(100)
  }
  throw new NotRun(`the rehearsal show did not open within ${openTimeoutMs / 1_000} seconds`)
}

/** One look, without patience: a wrong address must not be tried for a minute. */
async function probe(url: string): Promise<void> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(probeTimeoutMs) })
    if (!response.ok) throw new Error(`/healthz answers ${response.status}`)
  } catch (error) {
    const { message, cause } = error as Error
    throw new NotRun(`there is no Openrun at ${url}: ${cause instanceof Error ? cause.message : message}`)
  }
}

/** Kills only while the sale runs: after a fifth of the seats, then again each time as many more were sold. */
async function killInTheMiddle(child: ChildServer, record: ReturnType<typeof createRecord>, isOver: () => boolean): Promise<number> {
  for (let done = 0; done < kills; done++) {
    while (!isOver() && record.counts.paidSeats < (seats * (done + 1)) / (kills + 2)) await wait(20)
    if (isOver()) return done
    say(`kill -9 of ${child.pid()} with ${record.counts.paidSeats} seats paid`)
    await child.killAndRestart()
  }
  return kills
}

/** Our own, those of `npm run services` when they serve this URL, or the one beside it. */
async function opsUrlsOf(url: string | undefined, own: ChildServer | undefined): Promise<string[]> {
  if (url === undefined) return [own?.opsUrl ?? '']
  const running = await runningAt(url)
  if (running) return running
  const ops = new URL(url)
  ops.port = process.env.OPS_PORT ?? '9090'
  return [ops.href]
}

function progressLine({ counts, refusals }: ReturnType<typeof createRecord>, startedAt: number): string {
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0)
  return `${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  arrived ${counts.arrived}  in line ${counts.joined}  let in ${counts.entered}  paid ${counts.paid} (${counts.paidSeats} seats)  gave up ${counts.gaveUp}  refused ${refused}  retries ${counts.retries}`
}

function say(line: string) {
  ;(json ? process.stderr : process.stdout).write(`${line}\n`)
}
