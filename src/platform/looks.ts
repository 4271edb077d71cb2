import { LRUCache } from 'lru-cache'

type Look<V> = { at: number; freshMs: number; value: Promise<V> }
type Options<V> = { read: (key: string) => Promise<V>; now: () => number; freshMs: number; max: number; share?: number; timeMs?: () => number }

/**
 * What many look at and one reads: a look is shared by all who ask while it is under way and while it is fresh. `share`: it is
 * fresh for at least so many times what reading took, so that looking never takes more than that part of the time.
 */
export function createLooks<V>({ read, now, freshMs, max, share = 0, timeMs = () => performance.now() }: Options<V>): (key: string) => Promise<V> {
  const looks = new LRUCache<string, Look<V>>({ max })
  return (key) => {
    const known = looks.get(key)
    if (known && now() - known.at < known.freshMs) return known.value
    const startedAt = timeMs()
    const look: Look<V> = { at: now(), freshMs: Number.POSITIVE_INFINITY, value: read(key) }
    looks.set(key, look)
    look.value.then(
      () => {
        look.freshMs = Math.max(freshMs, (timeMs() - startedAt) * share)
      },
      () => looks.get(key) === look && looks.delete(key),
    )
    return look.value
  }
}
