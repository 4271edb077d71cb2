import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Budget, RateLimit } from './rate-limit.ts'
import { type Redis, scriptOf } from './redis.ts'

type Deps = { redis: Redis; budgets: Record<string, Budget>; metrics: Metrics; log: Logger; prefix?: string; timeoutMs?: number }

/** No request waits longer than this for its limit. */
export const takeTimeoutMs = 100
/** How long nobody asks after a failure; then one does. */
export const awayPauseMs = 1_000
// clocks of processes differ a little: a bucket outlives the instant at which it is full
const keepMs = 10_000

/**
 * One take (GCRA): the instant at which the bucket is full again is all that is kept. Time is the caller's, so a test owns
 * it; what is written lives by the server's clock and never longer than the bucket takes to fill.
 */
const take = scriptOf(`
local now, msPerOne, msAheadMax = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local fullAt = tonumber(redis.call('get', KEYS[1]) or now)
local waitMs = fullAt - now - msAheadMax
if waitMs > 0 then return string.format('%.17g', waitMs) end
fullAt = math.max(fullAt, now) + msPerOne
redis.call('set', KEYS[1], string.format('%.17g', fullAt), 'px', math.ceil(fullAt - now) + ${keepMs})
return '0'`)

/**
 * Buckets that all processes share. Takes of one turn of the event loop leave in one write. While Redis is away
 * everything passes and is counted: after a failure nobody waits for a second, then one take tries.
 */
export function createRedisRateLimit({ redis, budgets, metrics, log, prefix = 'openrun', timeoutMs = takeTimeoutMs }: Deps): RateLimit {
  const rates = new Map(Object.entries(budgets).map(([name, { perSecond, burst }]) => {
    const msPerOne = 1_000 / perSecond
    return [name, [String(msPerOne), String(msPerOne * (burst - 1))] as const]
  }))
  let triedAt: number | undefined

  async function ask(key: string, now: number, rate: readonly [string, string]): Promise<number> {
    const trying = triedAt !== undefined
    if (trying) triedAt = now
    try {
      const waitMs = Number(await redis.run(take, [key], [String(now), ...rate], timeoutMs))
      if (trying && triedAt === now) {
        triedAt = undefined
        log.info('rate limits: Redis answers again')
      }
      return waitMs
    } catch (error) {
      if (triedAt === undefined) log.warn({ err: error }, 'rate limits: Redis is away, every request passes')
      triedAt ??= now
      return unchecked()
    }
  }
  function unchecked(): number {
    metrics.rateUnchecked.inc()
    return 0
  }

  return {
    take(budget, key, now) {
      const rate = rates.get(budget)
      if (!rate) throw new Error(`there is no budget ${budget}`)
      // a clock that was set back must not make the pause longer
      if (triedAt !== undefined && Math.abs(now - triedAt) < awayPauseMs) return unchecked()
      return ask(`${prefix}:rate:{${key}}:${budget}`, now, rate)
    },
  }
}
