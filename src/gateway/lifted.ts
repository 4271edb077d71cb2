import { LRUCache } from 'lru-cache'
import type { Job } from '../platform/jobs.ts'
import type { QueueApi } from '../queue/api.ts'

/** Accounts that are not slowed before the gate of a show, because a person has upheld their appeal. */
export type Lifted = { any: (showId: string) => boolean; has: (showId: string, userId: string) => boolean }

const pageMax = 1_000
const liftedMax = 20_000
/** an answer may commit after a later one: so much is read again */
const overlapMs = 10_000
const nobody = '00000000-0000-0000-0000-000000000000'

/** Reads what was upheld, every two seconds and from the beginning after a start. Bounded: the ones not seen for longest are slowed again. */
export function createLifted({ queue }: { queue: Pick<QueueApi, 'lifted'> }): { lifted: Lifted; job: Job } {
  const accounts = new LRUCache<string, true>({ max: liftedMax })
  const shows = new LRUCache<string, true>({ max: liftedMax })
  let newest = 0
  async function read() {
    let after = { at: Math.max(0, newest - overlapMs), id: nobody }
    for (;;) {
      const { lifted } = await queue.lifted({ ...after, limit: pageMax })
      for (const { at, id, showId, userId } of lifted) {
        accounts.set(`${showId} ${userId}`, true)
        shows.set(showId, true)
        after = { at, id }
      }
      newest = Math.max(newest, after.at)
      if (lifted.length < pageMax) return
    }
  }
  return {
    lifted: { any: (showId) => shows.has(showId), has: (showId, userId) => accounts.get(`${showId} ${userId}`) === true },
    job: { name: 'gateway.lifted', everyMs: 2_000, run: read },
  }
}
