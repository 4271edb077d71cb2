import type { Tx } from '../platform/database.ts'
import { seatLimits } from './api.ts'
import { endHolds } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit } from './picture.ts'
import * as store from './store-deadlines.ts'
import { bumpShows } from './store-versions.ts'

/** A beat older than this is an outage. */
const beatAgeMaxMs = 3_000
/** What an outage leaves of every deadline that ran out in it, at least. */
const afterOutageMs = 60_000
const holdsPerChunkMax = 500
const chunksPerRunMax = 20

/**
 * Ends holds half a second after their `until`, never early: whole ones, those bound together together. Passes over
 * pinned holds and paused shows, and ends nothing while the heartbeat is old, for then deadlines are to be moved
 * first. Safe beside others of its kind. Answers how many ended.
 */
export async function sweep(env: SeatEnv): Promise<number> {
  const now = env.now()
  if (!isRecent(await store.readBeat(env.db), now)) return 0
  let ended = 0
  for (let chunk = 0; chunk < chunksPerRunMax; chunk++) {
    const due = await store.dueHolds(env.db, now - seatLimits.graceMs, holdsPerChunkMax)
    if (due.length === 0) break
    const swept = await env.db.transaction((tx) => sweepChunk(env, tx, due, now))
    ended += swept
    if (swept === 0 || due.length < holdsPerChunkMax) break
  }
  return ended
}

/** Sweeps, then writes the heartbeat: until then every deadline was kept. Does nothing after an outage. */
export async function beat(env: SeatEnv): Promise<void> {
  const now = env.now()
  await sweep(env)
  await store.continueBeat(env.db, now, now - beatAgeMaxMs)
}

/**
 * The first beat after an outage: deadlines after the last beat and before a minute from now become a minute from now,
 * in chunks, and only then the sweeper goes on. Without an outage it does nothing. Answers how many deadlines moved.
 */
export async function afterOutage(env: SeatEnv): Promise<number> {
  const now = env.now()
  for (let moved = 0; ; ) {
    const chunk = await env.db.transaction((tx) => graceChunk(env, tx, now))
    moved += chunk
    if (chunk < holdsPerChunkMax) return moved
  }
}

/** Every running deadline of a show moves by `byMs`, at least to `atLeast`. The caller bumps the show's version. */
export async function moveDeadlines(tx: Tx, { showId, byMs, atLeast }: { showId: string; byMs: number; atLeast: number }) {
  await store.shiftDeadlines(tx, showId, byMs, atLeast)
}

async function sweepChunk(env: SeatEnv, tx: Tx, holdIds: string[], now: number): Promise<number> {
  const holds = await store.lockDueHolds(tx, holdIds, now - seatLimits.graceMs)
  await endHolds(env, tx, holds, 'expired')
  return holds.length
}

/** The beat's row stays locked: of several processes one moves a chunk at a time, the last chunk writes the beat. */
async function graceChunk(env: SeatEnv, tx: Tx, now: number): Promise<number> {
  const last = await store.lockBeat(tx)
  if (isRecent(last, now)) return 0
  const moved = last === undefined ? [] : await store.liftDeadlines(tx, last, now + afterOutageMs, holdsPerChunkMax)
  if (moved.length < holdsPerChunkMax) await store.writeBeat(tx, now)
  const showIds = [...new Set(moved.map((row) => row.showId))]
  if (showIds.length > 0) applyAfterCommit(tx, env.pictures, await bumpShows(tx, showIds), [])
  return moved.length
}

const isRecent = (beatAt: number | undefined, now: number) => beatAt !== undefined && beatAt >= now - beatAgeMaxMs
