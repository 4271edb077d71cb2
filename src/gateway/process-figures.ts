import Type, { type Static } from 'typebox'
import { secondsBuckets } from '../platform/answer-times.ts'
import { Count, Exact } from '../platform/contract.ts'
import type { Metrics } from '../platform/metrics.ts'

/** What fans feel, by the routes they wait for. */
const steps = { join: 'POST /api/shows/:id/queue', hold: 'POST /api/shows/:id/holds', pay: 'POST /api/payments' } as const
type Step = keyof typeof steps
const Felt = Exact({ count: Count, p50Ms: Count, p95Ms: Count })
export const ProcessFigures = Exact({
  cpuPercent: { ...Count, description: 'of one core' },
  memoryBytes: Count, loopLagMs: Count,
  databaseConnections: Exact({ total: Count, idle: Count, waiting: Count }),
  streams: Count, outboxWaiting: Count, parked: Count,
  felt: Exact({ join: Felt, hold: Felt, pay: Felt }),
  refusals: Type.Array(Exact({ code: Type.String(), count: Count }), { description: 'of the last ten seconds or so, most first' }),
})
export type ProcessFigures = Static<typeof ProcessFigures>

const windowMs = 10_000
const refusalsMax = 6
type Seen = { at: number; buckets: Map<string, number>; refusals: Map<string, number> }
type Instrument = { get(): Promise<{ values: { value: number; labels: Record<string, string | number | undefined>; metricName?: string }[] }> }

/** How this process is, and what it answered in the last ten seconds: what a collector of metrics would say, without one. */
export function createProcessFigures({ metrics, lagMs, now }: { metrics: Metrics; lagMs: () => number; now: () => number }) {
  let cpu = { at: performance.now(), usage: process.cpuUsage() }
  let past: Seen[] = []

  function cpuPercent(): number {
    const usage = process.cpuUsage(cpu.usage)
    const passedUs = (performance.now() - cpu.at) * 1_000
    cpu = { at: performance.now(), usage: process.cpuUsage() }
    return Math.round(((usage.user + usage.system) / Math.max(1, passedUs)) * 100)
  }

  return async (): Promise<ProcessFigures> => {
    const seen: Seen = { at: now(), buckets: await bucketsOf(metrics), refusals: await byLabel(metrics.refusals, 'code') }
    past = [...past.filter(({ at }) => seen.at - at <= windowMs), seen]
    const [before = seen] = past
    const connections = await byLabel(metrics.databaseConnections, 'state')
    return {
      cpuPercent: cpuPercent(), memoryBytes: process.memoryUsage.rss(), loopLagMs: Math.round(lagMs()),
      databaseConnections: { total: connections.get('total') ?? 0, idle: connections.get('idle') ?? 0, waiting: connections.get('waiting') ?? 0 },
      streams: sum(await byLabel(metrics.streamClients, 'kind')),
      outboxWaiting: sum(await byLabel(metrics.outboxWaiting, 'producer')), parked: sum(await byLabel(metrics.parkedMessages, 'subscriber')),
      felt: { join: felt('join', before, seen), hold: felt('hold', before, seen), pay: felt('pay', before, seen) },
      refusals: [...seen.refusals].map(([code, count]) => ({ code, count: count - (before.refusals.get(code) ?? 0) }))
        .filter(({ count }) => count > 0).sort((a, b) => b.count - a.count).slice(0, refusalsMax),
    }
  }
}

const sum = (values: Map<string, number>) => [...values.values()].reduce((total, value) => total + value, 0)

async function byLabel(instrument: unknown, label: string): Promise<Map<string, number>> {
  const { values } = await (instrument as Instrument).get()
  return new Map(values.map(({ labels, value }) => [String(labels[label]), value]))
}

/** Cumulative counts by step and bucket, refusals and answers together: a fan waits for either. */
async function bucketsOf({ httpSeconds }: Metrics): Promise<Map<string, number>> {
  const buckets = new Map<string, number>()
  for (const { labels, value, metricName } of (await httpSeconds.get()).values) {
    if (!metricName.endsWith('_bucket')) continue
    const key = `${labels.method} ${labels.route} ${labels.le}`
    buckets.set(key, (buckets.get(key) ?? 0) + value)
  }
  return buckets
}

/** Between two looks; within a bucket times are taken to be spread evenly. */
function felt(step: Step, before: Seen, after: Seen): Static<typeof Felt> {
  const upTo = (le: number | string) => (after.buckets.get(`${steps[step]} ${le}`) ?? 0) - (before.buckets.get(`${steps[step]} ${le}`) ?? 0)
  const count = upTo('+Inf')
  const quantile = (share: number) => {
    const wanted = count * share
    let [low, below] = [0, 0]
    for (const le of secondsBuckets) {
      const reached = upTo(le)
      if (reached >= wanted && reached > below) return Math.round((low + ((le - low) * (wanted - below)) / (reached - below)) * 1_000)
      if (reached > below) below = reached
      low = le
    }
    return (secondsBuckets.at(-1) ?? 0) * 1_000
  }
  return count === 0 ? { count, p50Ms: 0, p95Ms: 0 } : { count, p50Ms: quantile(0.5), p95Ms: quantile(0.95) }
}
