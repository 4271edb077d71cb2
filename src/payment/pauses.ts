import type { Tx } from '../platform/database.ts'
import { afterOutageMs } from '../platform/heartbeat.ts'
import type { EventHandler } from '../platform/service.ts'
import * as store from './store-pauses.ts'

type Told = { showId: string; pausedMs?: number }

/**
 * While a show is paused no wait for a bank runs out; its end gives every wait the pause back, and at least a minute.
 * Cancelled or withdrawn, a show is never resumed: its pause is over then.
 */
export function pauseHandlers(now: () => number): Record<string, EventHandler> {
  const over: EventHandler = async (tx, events) => {
    for (const { data } of events) await endPause(tx, data as Told, now())
  }
  return {
    'show.paused': async (tx, events) => {
      for (const { data, occurredAt } of events) await store.pause(tx, (data as Told).showId, occurredAt)
    },
    'show.resumed': over,
    'show.cancelled': over,
    'show.withdrawn': over,
  }
}

async function endPause(tx: Tx, { showId, pausedMs }: Told, now: number) {
  const pausedAt = await store.endPause(tx, showId)
  if (pausedAt !== undefined) await store.moveWaits(tx, { showId, byMs: pausedMs ?? Math.max(0, now - pausedAt), atLeast: now + afterOutageMs })
}
