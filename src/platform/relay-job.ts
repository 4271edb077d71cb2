import { onEmit } from './events.ts'
import type { Job } from './jobs.ts'

const relayPollMs = 500
const settleRoundsMax = 50

/** Publishes for whoever emitted at once, and by a poll for everybody: what a hint missed or a crash left. */
export function createRelayJob(publish: (producers?: Iterable<string>) => Promise<number>): { job: Job; close: () => Promise<unknown> } {
  const dirty = new Set<string>()
  let running: Promise<unknown> | undefined
  const drain = () => {
    running ??= (async () => {
      while (dirty.size > 0) {
        const producers = [...dirty]
        dirty.clear()
        if ((await publish(producers)) > 0) for (const producer of producers) dirty.add(producer) // there may be more
      }
    })().finally(() => {
      running = undefined
    })
    return running
  }
  const deafen = onEmit((producer) => {
    dirty.add(producer)
    void drain().catch(() => undefined) // the poll below reports the same error
  })
  const poll = async () => {
    await drain()
    while ((await publish()) > 0) await drain()
  }
  const close = async () => {
    deafen()
    await running?.catch(() => undefined)
  }
  return { job: { name: 'platform.relay', everyMs: relayPollMs, run: poll }, close }
}

/** Runs every job and the relay until nothing is left to do: tests drain instead of sleeping. */
export async function settle(jobs: Job[], publish: () => Promise<number>) {
  let quiet = 0
  for (let round = 0; round < settleRoundsMax && quiet < 2; round++) {
    let moved = 0
    for (let sent = await publish(); sent > 0; sent = await publish()) moved += sent
    for (const job of jobs) await job.run()
    quiet = moved === 0 ? quiet + 1 : 0
  }
}
