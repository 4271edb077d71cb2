import type { Tx } from '../platform/database.ts'
import { doEach } from '../platform/jobs.ts'
import { fill } from './admission.ts'
import { queueLimits } from './api.ts'
import type { QueueEnv } from './env.ts'
import type { Show } from './line.ts'
import { lockShow, pauseShow } from './store-lines.ts'
import { tellGate } from './store-gate.ts'
import * as store from './store-resuming.ts'

/** A resumed show leaves every running deadline at least this long. */
const afterResumeMs = 60_000
const showsPerRunMax = 50

/**
 * The end of a pause gives every running deadline the pause back, in chunks with room for everybody else between them: the
 * first one at once, which is all of it for a cap as most shows have, the rest by the job. Meanwhile the show stays
 * paused: nobody is called and nothing ends. A place is marked as it moves, so that none moves twice.
 */
export async function resume(env: QueueEnv, tx: Tx, show: Show, byMs: number): Promise<void> {
  if (show.pausedAt === null) return
  const resuming = await store.startResuming(tx, show.showId, byMs)
  if (resuming) await moveChunk(env, tx, show, resuming)
}

/** The job that goes on with it. */
export async function resumeShows(env: QueueEnv): Promise<void> {
  await doEach(await store.resumingShows(env.db, showsPerRunMax), async ({ showId }) => {
    while (await env.db.transaction(async (tx) => {
      const show = await lockShow(tx, showId)
      const resuming = await store.resumingOf(tx, showId)
      return show !== undefined && resuming !== undefined && !(await moveChunk(env, tx, show, resuming))
    }));
  })
}

/** All of it at once, for a show that is paused again before the job was done. */
export async function resumeNow(env: QueueEnv, tx: Tx, show: Show): Promise<void> {
  const resuming = await store.resumingOf(tx, show.showId)
  while (resuming && !(await moveChunk(env, tx, show, resuming)));
}

/** Answers whether that was the last of it: then the line goes on. */
async function moveChunk(env: QueueEnv, tx: Tx, show: Show, resuming: store.Resuming): Promise<boolean> {
  const now = env.now()
  const moved = await store.moveDeadlines(tx, show, resuming, now + afterResumeMs, queueLimits.admitChunkMax)
  if (moved.length === queueLimits.admitChunkMax) return false
  await pauseShow(tx, show.showId, null)
  await tellGate(tx, show.showId, 'resumed', { pausedMs: resuming.byMs }, now)
  show.pausedAt = null
  await fill(tx, show, now)
  return true
}
