import type { Tx } from '../platform/database.ts'
import * as heartbeat from '../platform/heartbeat.ts'
import { inHalves } from '../platform/batch.ts'
import { seatLimits } from './api.ts'
import { endHolds, reportUnended, together } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit } from './picture.ts'
import * as store from './store-deadlines.ts'
import { bumpShows } from './store-versions.ts'

const holdsPerChunkMax = 500
const chunksPerRunMax = 20

/**
 * Ends holds half a second after their `until`, never early: whole ones, those bound together together. Passes over
 * pinned holds and paused shows, and ends nothing while the heartbeat is old, for then deadlines are to be moved
 * first. Safe beside others of its kind. Answers how many ended.
 */
export async function sweep(env: SeatEnv): Promise<number> {
  const { ended, bugs } = await endDue(env, env.now())
  reportUnended(bugs)
  return ended
}

/** Sweeps, then writes the heartbeat: until then every deadline was kept, but for those a bug keeps. Does nothing after an outage. */
export async function beat(env: SeatEnv): Promise<void> {
  const now = env.now()
  const { bugs } = await endDue(env, now)
  await heartbeat.continueBeat(env.db, 'seat', now)
  reportUnended(bugs)
}

async function endDue(env: SeatEnv, now: number) {
  let ended = 0
  const bugs: { item: string[]; error: unknown }[] = []
  if (!(await heartbeat.isBeating(env.db, 'seat', now))) return { ended, bugs }
  for (let chunk = 0; chunk < chunksPerRunMax; chunk++) {
    const broken = new Set(bugs.flatMap((bug) => bug.item))
    const due = await store.dueHolds(env.db, now - seatLimits.graceMs, holdsPerChunkMax, broken.size)
    const before = ended
    bugs.push(...(await inHalves(together(due.filter(({ id }) => !broken.has(id))), async (groups) => {
      ended += await env.db.transaction((tx) => sweepChunk(env, tx, groups.flat(), now))
    })))
    if (ended === before) break
  }
  return { ended, bugs }
}

/** After an outage deadlines that ran out in it become a minute from now, and only then the sweeper goes on. */
export const afterOutage = (env: SeatEnv): Promise<number> =>
  heartbeat.afterOutage(env.db, { service: 'seat', chunkMax: holdsPerChunkMax, lift: (tx, span) => lift(env, tx, span) }, env.now())

async function sweepChunk(env: SeatEnv, tx: Tx, holdIds: string[], now: number): Promise<number> {
  const holds = await store.lockDueHolds(tx, holdIds, now - seatLimits.graceMs)
  await endHolds(env, tx, holds, 'expired')
  return holds.length
}

async function lift(env: SeatEnv, tx: Tx, { after, to }: { after: number; to: number }): Promise<number> {
  const lifted = await store.liftDeadlines(tx, after, to, holdsPerChunkMax)
  const showIds = [...new Set(lifted.flatMap((row) => row.showId ?? []))]
  if (showIds.length > 0) applyAfterCommit(tx, env.pictures, await bumpShows(tx, showIds), [])
  return lifted.length
}
