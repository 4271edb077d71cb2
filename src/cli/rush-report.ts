import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from '../crowd/client.ts'
import { type CrowdRecord, quantiles } from '../crowd/record.ts'
import { verifyProcesses } from '../verify-processes.ts'
import type { WatchersReport } from './watchers.ts'

export type AuditInput = {
  url: string
  opsUrls: string[]
  showId: string
  fans: number
  seats: number
  client: Client
  record: CrowdRecord
  walkedAway: { silently: number; tidiedUp: number }
  saleSeconds: number
  kills: number
  isOwn: boolean
  watched: WatchersReport | undefined
  say: (line: string) => void
}
export type Report = Awaited<ReturnType<typeof audit>>

/** What the crowd saw against what the server says now, and the server's own check of everything it stored. */
export async function audit({ url, opsUrls, showId, fans, seats, client, record, walkedAway, saleSeconds, kills, isOwn, watched, say }: AuditInput) {
  const map = await client.send('GET', `/api/shows/${showId}/seats`)
  const states = Buffer.from(String(map.body.states), 'base64')
  let sold = 0
  for (let i = 0; i < seats; i++) if (((states[i >> 2] ?? 0) >> ((i & 3) * 2) & 3) === 2) sold++
  const verified = await runVerify(opsUrls, say)
  const { counts } = record
  const report = {
    fans, seats, sold, paid: counts.paidSeats, payments: counts.paid,
    soldTwice: record.soldTwice(), unexpected: record.unexpected.length, unexpectedSamples: record.unexpected.slice(0, 10),
    lost: record.lost, kills, unknowns: counts.unknowns, walkedAway,
    refusals: record.refusals,
    journeysPerSecond: Math.round((counts.paid / saleSeconds) * 10) / 10,
    saleSeconds: Math.round(saleSeconds * 10) / 10,
    waitSeconds: { mean: Math.round(mean(record.waits) / 100) / 10, p95: Math.round(quantiles(record.waits).p95 / 100) / 10 },
    latencyMs: Object.fromEntries(Object.entries(record.latencies).map(([step, values]) => [step, quantiles(values)])),
    durability: process.env.DATABASE_URL || !isOwn ? 'of the server\'s database' : 'survives kill -9, not power loss',
    verified: verified !== undefined,
    violations: verified ?? [],
    ...(watched ? { watchers: watched } : {}),
    url,
  }
  const sound = report.verified && report.soldTwice === 0 && report.unexpected === 0 && report.violations.length === 0
    && Object.values(report.lost).every((count) => count === 0) && report.paid === report.sold
    && (watched === undefined || watched.missed + watched.lost + watched.grew + watched.pollErrors === 0)
  return { ...report, sound }
}

/** The end of a run, for people. */
export function linesOf(report: Report): string[] {
  const { walkedAway } = report
  const tidied = walkedAway.tidiedUp === 0 ? [] : [
    `  the holds of ${walkedAway.tidiedUp} of ${walkedAway.silently} who walked away in silence were let go for them at the end of the sale`,
  ]
  const checked = report.verified ? report.violations.length : 'not checked (see --ops-url)'
  return [
    ...tidied,
    ...report.unexpectedSamples.map((line) => `  unexpected: ${line}`),
    `wait: mean ${report.waitSeconds.mean} s, p95 ${report.waitSeconds.p95} s of those who came in`,
    `sold ${report.sold} of ${report.seats}, paid ${report.paid}, sold twice ${report.soldTwice}, unexpected ${report.unexpected}, `
      + `violations ${checked}, ${report.journeysPerSecond} paid journeys/s: ${report.sound ? 'sound' : 'NOT SOUND'}`,
  ]
}

/** Undefined when something could not be asked. */
async function runVerify(opsUrls: string[], say: (line: string) => void): Promise<unknown[] | undefined> {
  const { violations, errors } = await verifyProcesses(opsUrls, { now: Date.now, pause: () => wait(300) })
  for (const { name, error } of errors) say(`  the audit could not check ${name}: ${error}`)
  return errors.length > 0 && violations.length === 0 ? undefined : violations
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
