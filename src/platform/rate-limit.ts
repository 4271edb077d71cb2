import { LRUCache } from 'lru-cache'

/** `burst` at once, and `perSecond` on average after that. */
export type Budget = { perSecond: number; burst: number }

/** Where buckets are kept. A limit spares the machine and decides nothing else: an adapter whose store is away lets pass. */
export type RateLimit = {
  /** Takes one from the bucket of `key`; answers 0, or how many milliseconds until one is there. A refused try costs nothing. */
  take(budget: string, key: string, now: number): number | Promise<number>
}

const keysMaxDefault = 20_000

/**
 * Token buckets of this process, written as the instant at which the bucket is full again (GCRA). Bounded: the key not
 * seen for longest is forgotten and begins with a full bucket.
 */
export function createMemoryRateLimit(budgets: Record<string, Budget>, keysMax = keysMaxDefault): RateLimit & { size: () => number } {
  const tables = new Map<string, ReturnType<typeof open>>()
  // made at the first use: room for all keys of all budgets takes a tenth of a second of the start
  function open(name: string) {
    const budget = budgets[name]
    if (!budget) throw new Error(`there is no budget ${name}`)
    const msPerOne = 1_000 / budget.perSecond
    return { msPerOne, msAheadMax: msPerOne * (budget.burst - 1), fullAt: new LRUCache<string, { ms: number }>({ max: keysMax }) }
  }
  function tableOf(name: string) {
    const known = tables.get(name) ?? open(name)
    tables.set(name, known)
    return known
  }
  return {
    size: () => [...tables.values()].reduce((sum, { fullAt }) => sum + fullAt.size, 0),
    take(budget, key, now) {
      const table = tableOf(budget)
      const bucket = table.fullAt.get(key)
      if (!bucket) {
        table.fullAt.set(key, { ms: now + table.msPerOne })
        return 0
      }
      const waitMs = bucket.ms - now - table.msAheadMax
      if (waitMs > 0) return waitMs
      bucket.ms = Math.max(bucket.ms, now) + table.msPerOne
      return 0
    },
  }
}
