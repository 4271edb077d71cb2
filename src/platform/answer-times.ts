import type { Metric, Registry } from '@prometheus-io/client'

/** Upper bounds in seconds. */
export const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]

type Tally = { status: number; counts: number[]; sum: number }
type Value = { metricName: string; labels: Record<string, string | number>; value: number }
export type AnswerTimes = {
  name: string
  labelNames: string[]
  /** `seconds` it took to answer a request of this route */
  observe(method: string, route: string, status: number, seconds: number): void
  reset(): void
  get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Value[] }>
}

/**
 * A histogram of answers by method, route and status, to a scrape the same as the library's. That one makes a text of
 * the labels and another of the bucket's bound for each answer, which a hold can feel; here texts are
 * made when somebody looks.
 */
export function createAnswerTimes(name: string, help: string, registry: Registry): AnswerTimes {
  const routes = new Map<string, Map<string, Tally[]>>()
  const talliesOf = (route: string, method: string): Tally[] => {
    const methods = routes.get(route) ?? new Map<string, Tally[]>()
    const tallies = methods.get(method) ?? []
    routes.set(route, methods.set(method, tallies))
    return tallies
  }
  const times: AnswerTimes = {
    name, labelNames: ['method', 'route', 'status'],
    observe(method, route, status, seconds) {
      const tallies = routes.get(route)?.get(method) ?? talliesOf(route, method)
      const tally = tallies.find((each) => each.status === status) ?? freshIn(tallies, status)
      let bucket = 0
      while (seconds > (secondsBuckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
      tally.counts[bucket] = (tally.counts[bucket] as number) + 1
      tally.sum += seconds
    },
    reset: () => routes.clear(),
    get: async () => ({
      name, help, type: 'histogram', aggregator: 'sum',
      values: [...routes].flatMap(([route, methods]) => [...methods].flatMap(([method, tallies]) => tallies.flatMap((tally) => valuesOf(name, { method, route, status: String(tally.status) }, tally)))),
    }),
  }
  registry.registerMetric(times as unknown as Metric)
  return times
}

function freshIn(tallies: Tally[], status: number): Tally {
  const tally = { status, counts: [...secondsBuckets, Number.POSITIVE_INFINITY].map(() => 0), sum: 0 }
  tallies.push(tally)
  return tally
}

function valuesOf(name: string, labels: Record<string, string>, { counts, sum }: Tally): Value[] {
  const upTo = (bucket: number) => counts.slice(0, bucket + 1).reduce((total, count) => total + count, 0)
  const buckets = [...secondsBuckets, '+Inf'].map((le, bucket) => ({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: upTo(bucket) }))
  return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: upTo(secondsBuckets.length) }]
}
