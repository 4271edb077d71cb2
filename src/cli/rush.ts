import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../crowd/client.ts'
import { type Crowd, temperOf, visit } from '../crowd/fan.ts'
import { createRecord, quantiles } from '../crowd/record.ts'
import { seeded } from '../crowd/random.ts'
import { type ChildServer, startChildServer } from './child-server.ts'

const usage = `npm run rush -- [--fans 2000] [--seats 500] [--url http://…] [--ops-url http://…] [--seed 1] [--seconds 10]
  [--kill 0] [--minutes 10] [--json]
An open-loop crowd against a fresh show, then the audit. Without --url a server of its own is started on a temporary data
directory (or on DATABASE_URL). With --url an operator signs in: OPERATOR_EMAIL and OPERATOR_PASSWORD, by default the demo's;
the audit asks --ops-url, by default port OPS_PORT (9090) of the same host. A run whose audit was not reached is not sound.
--kill n ends the own server with kill -9 n times in the middle of the sale and starts it again.`

const { values: args } = parseArgs({
  options: {
    fans: { type: 'string', default: '2000' },
    seats: { type: 'string', default: '500' },
    url: { type: 'string' },
    'ops-url': { type: 'string' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '10' },
    kill: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (args.help) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
const fans = whole('fans', 1, 20_000)
const seats = whole('seats', 1, 50_000)
const kills = whole('kill', 0, 20)
const seconds = whole('seconds', 1, 600)
const operator = { email: process.env.OPERATOR_EMAIL ?? 'operator@example.com', password: process.env.OPERATOR_PASSWORD ?? 'operator-demo-1234' }
const rehearsalHoldSeconds = '20'

const dataDir = args.url ? undefined : await mkdtemp(join(tmpdir(), 'openrun-rush-'))
const server = dataDir
  ? await startChildServer(dataDir, { REHEARSALS: 'on', HOLD_SECONDS: rehearsalHoldSeconds, OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password })
  : undefined
try {
  process.exitCode = await rush(args.url ?? server?.url ?? '', args['ops-url'] ?? server?.opsUrl ?? opsUrlBeside(args.url ?? ''), server)
} finally {
  await server?.stop()
  if (dataDir) await rm(dataDir, { recursive: true, force: true })
}

async function rush(url: string, opsUrl: string, child: ChildServer | undefined): Promise<number> {
  const record = createRecord()
  const client = createClient(url, (what, code) => {
    if (what === 'unknown') record.counts.unknowns++
    if (code) record.refused(code)
    record.counts.retries++
  })
  say(`crowd of ${fans} for ${seats} seats at ${url}`)
  const { showId, tokens } = await prepare(client)
  const random = seeded(Number(args.seed))
  const endAt = performance.now() + whole('minutes', 1, 120) * 60_000
  const crowd: Crowd = {
    client, showId, record, random, soldOut: false,
    thinkMs: (low, high) => low + random() * (high - low),
    deadline: () => performance.now() > endAt,
  }
  const startedAt = performance.now()
  const progress = setInterval(() => say(progressLine(record, startedAt)), 1_000)
  const killing = child ? killInTheMiddle(child, record) : Promise.resolve(0)
  // open loop: everybody comes at their own time, most of them at once, whatever the server does
  await Promise.all(tokens.map(async (token) => {
    const temper = temperOf(random)
    await wait(seconds * 1_000 * random() ** 3)
    await visit(crowd, token, temper)
  }))
  const saleSeconds = (performance.now() - startedAt) / 1_000
  clearInterval(progress)
  const killed = await killing
  const report = await audit({ url, opsUrl, showId, client, record, saleSeconds, killed })
  await client.close()
  return print(report)
}

async function prepare(client: ReturnType<typeof createClient>) {
  const session = await client.send('POST', '/api/sessions', { body: operator })
  if (session.status !== 201) throw new Error(`the operator could not sign in: ${session.status} ${session.body.code}`)
  const token = String(session.body.accessToken)
  const made = await client.send('POST', '/api/operations/rehearsals', { token, body: { fans, seats } })
  if (made.status !== 201) throw new Error(`no rehearsal: ${made.status} ${made.body.code} ${made.body.detail ?? ''}`)
  const { showId, fans: people } = made.body as unknown as { showId: string; fans: { accessToken: string }[] }
  for (let tries = 0; tries < 200; tries++) {
    const map = await client.send('GET', `/api/shows/${showId}/seats`)
    const frame = await client.send('GET', `/api/shows/${showId}/queue`)
    if (map.status === 200 && frame.body.phase === 'open') return { showId, tokens: people.map((person) => person.accessToken) }
    await wait(100)
  }
  throw new Error('the rehearsal show did not open')
}

/** Kills only while the sale runs: after a fifth of the seats, then again each time as many more were sold. */
async function killInTheMiddle(child: ChildServer, record: ReturnType<typeof createRecord>): Promise<number> {
  for (let done = 0; done < kills; done++) {
    while (record.counts.paidSeats < (seats * (done + 1)) / (kills + 2)) await wait(20)
    say(`kill -9 of ${child.pid()} with ${record.counts.paidSeats} seats paid`)
    await child.killAndRestart()
  }
  return kills
}

type AuditInput = {
  url: string; opsUrl: string; showId: string; client: ReturnType<typeof createClient>
  record: ReturnType<typeof createRecord>; saleSeconds: number; killed: number
}

async function audit({ url, opsUrl, showId, client, record, saleSeconds, killed }: AuditInput) {
  const map = await client.send('GET', `/api/shows/${showId}/seats`)
  const states = Buffer.from(String(map.body.states), 'base64')
  let sold = 0
  for (let i = 0; i < seats; i++) if (((states[i >> 2] ?? 0) >> ((i & 3) * 2) & 3) === 2) sold++
  const verified = await runVerify(opsUrl)
  const { counts } = record
  return {
    fans, seats, sold, paid: counts.paidSeats, payments: counts.paid,
    soldTwice: record.soldTwice(), unexpected: record.unexpected.length, unexpectedSamples: record.unexpected.slice(0, 10),
    lost: record.lost, kills: killed, unknowns: counts.unknowns,
    refusals: record.refusals,
    journeysPerSecond: Math.round((counts.paid / saleSeconds) * 10) / 10,
    saleSeconds: Math.round(saleSeconds * 10) / 10,
    waitSeconds: { mean: Math.round(mean(record.waits) / 100) / 10, p95: Math.round(quantiles(record.waits).p95 / 100) / 10 },
    latencyMs: Object.fromEntries(Object.entries(record.latencies).map(([step, values]) => [step, quantiles(values)])),
    durability: process.env.DATABASE_URL || args.url ? 'of the server\'s database' : 'survives kill -9, not power loss',
    verified: verified !== undefined,
    violations: verified ?? [],
    url,
  }
}

/** Undefined when the operations port cannot be reached or does not answer. */
async function runVerify(opsUrl: string): Promise<unknown[] | undefined> {
  try {
    const response = await fetch(new URL('/verify', opsUrl), { method: 'POST' })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const report = (await response.json()) as { violations: unknown[]; errors: unknown[] }
    return [...report.violations, ...report.errors]
  } catch (error) {
    say(`  the audit at ${opsUrl} was not reached: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function opsUrlBeside(url: string): string {
  const ops = new URL(url)
  ops.port = process.env.OPS_PORT ?? '9090'
  return ops.href
}

function print(report: Awaited<ReturnType<typeof audit>>): number {
  const sound = report.verified && report.soldTwice === 0 && report.unexpected === 0 && report.violations.length === 0
    && Object.values(report.lost).every((count) => count === 0) && report.paid === report.sold
  for (const line of report.unexpectedSamples) say(`  unexpected: ${line}`)
  say(`sold ${report.sold} of ${seats}, paid ${report.paid}, sold twice ${report.soldTwice}, unexpected ${report.unexpected}, `
    + `violations ${report.verified ? report.violations.length : 'not checked (see --ops-url)'}, ${report.journeysPerSecond} paid journeys/s: ${sound ? 'sound' : 'NOT SOUND'}`)
  if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  return sound ? 0 : 1
}

function progressLine({ counts, refusals }: ReturnType<typeof createRecord>, startedAt: number): string {
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0)
  return `${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  arrived ${counts.arrived}  in line ${counts.joined}  let in ${counts.entered}  paid ${counts.paid} (${counts.paidSeats} seats)  gave up ${counts.gaveUp}  refused ${refused}  retries ${counts.retries}`
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function say(line: string) {
  ;(args.json ? process.stderr : process.stdout).write(`${line}\n`)
}

function whole(name: 'fans' | 'seats' | 'kill' | 'seconds' | 'minutes', low: number, high: number): number {
  const value = Number(args[name])
  if (Number.isInteger(value) && value >= low && value <= high) return value
  process.stderr.write(`--${name} must be a whole number from ${low} to ${high}\n${usage}\n`)
  process.exit(2)
}
