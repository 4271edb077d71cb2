import { createMemoryLive, type Live } from './live.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { connectRedis } from './redis.ts'

type Deps = { url: string; newId: () => string; metrics: Metrics; log: Logger; prefix?: string }
type Client = {
  sPublish(channel: string, text: string): Promise<unknown>
  sSubscribe(channel: string, hear: (text: string) => void): Promise<unknown>
  sUnsubscribe(channel: string, hear: (text: string) => void): Promise<unknown>
}

const retryMs = 1_000

/**
 * News between processes by sharded publish and subscribe of Redis 7: in a Cluster a channel lives on one node, which keeps
 * its order. This process hears its own news at once, whether Redis is there or not, and knows them by its id when they
 * come back. What others tell while Redis is away is lost.
 */
export function openRedisLive({ url, newId, metrics, log, prefix = 'openrun' }: Deps): Live {
  const here = createMemoryLive()
  const self = newId()
  const links = [connectRedis(url), connectRedis(url)] as const
  const [talking, listening] = links.map(({ client }) => client) as unknown as [() => Client, () => Client]
  const hearers = new Map<string, { count: number; hear: (text: string) => void; subscribed: boolean }>()
  let closed = false
  let isAway = false

  function lost(error: unknown) {
    metrics.liveLost.inc()
    if (!isAway && !closed) log.warn({ err: error }, 'live: Redis is away, other processes do not hear of this one')
    isAway = true
  }
  function listen(channel: string) {
    const hearer = hearers.get(channel)
    if (!hearer || hearer.subscribed || closed) return
    hearer.subscribed = true
    // once told, the client itself listens again after a reconnection
    listening().sSubscribe(`${prefix}:live:${channel}`, hearer.hear).catch(() => {
      hearer.subscribed = false
      setTimeout(() => listen(channel), retryMs).unref()
    })
  }
  const hearerOf = (channel: string) => ({
    count: 0, subscribed: false,
    hear: (text: string) => {
      const end = text.indexOf(' ')
      if (text.slice(0, end) === self) return
      try {
        here.publish(channel, text.slice(end + 1))
      } catch (error) {
        // told by who knows what; thrown on, it would cost whatever comes in the same packet
        log.warn({ channel, err: error }, 'live: news that cannot be read')
      }
    },
  })

  return {
    publish: (channel, text) => {
      here.publish(channel, text)
      talking().sPublish(`${prefix}:live:${channel}`, `${self} ${text}`).then(() => {
        if (isAway) log.info('live: Redis answers again')
        isAway = false
      }, lost)
    },
    subscribe: (channel, hear) => {
      const stop = here.subscribe(channel, hear)
      const hearer = hearers.get(channel) ?? hearerOf(channel)
      hearers.set(channel, hearer)
      hearer.count++
      listen(channel)
      let ended = false
      return () => {
        if (ended) return
        ended = true
        stop()
        if (--hearer.count > 0) return
        hearers.delete(channel)
        if (!closed) listening().sUnsubscribe(`${prefix}:live:${channel}`, hearer.hear).catch(() => undefined) // a lost connection listens to nothing
      }
    },
    close: () => {
      closed = true
      here.close()
      for (const link of links) link.close()
    },
  }
}
