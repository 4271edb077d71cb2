import type { Tx } from '../platform/database.ts'
import { seatLimits } from './api.ts'
import { endHoldsNow } from './close.ts'
import type { SeatEnv } from './env.ts'
import { dueHolds, graceHolds, lastBeat, shiftHolds, writeBeat } from './store-taking.ts'

/** older than this at the next beat, and nobody could act: that was an outage */
export const beatOldMs = 3_000
/** what a deadline gets that fell due meanwhile */
export const outageGraceMs = 60_000
const holdsPerSweepMax = 500

/**
 * Ends unpinned holds 500 ms after their `until`, whole reservations together, never early; passes over paused shows.
 * Ends nothing while the beat is old: the deadlines of an outage are moved first.
 */
export async function sweep(env: SeatEnv): Promise<number> {
  const beatAt = await lastBeat(env.db)
  if (beatAt === undefined || env.now() - beatAt > beatOldMs) return 0
  const dueBefore = env.now() - seatLimits.graceMs
  const due = await dueHolds(env.db, dueBefore, holdsPerSweepMax)
  if (due.length === 0) return 0
  return env.db.transaction((tx) => endHoldsNow(env, tx, due.map((hold) => hold.id), 'expired', dueBefore))
}

/** After an outage, deadlines between the last beat and a minute from now become a minute from now, in chunks. */
export async function afterOutage(env: SeatEnv): Promise<number> {
  const beatAt = await lastBeat(env.db)
  if (beatAt === undefined || env.now() - beatAt <= beatOldMs) return 0
  const until = env.now() + outageGraceMs
  let moved = 0
  for (let chunk = holdsPerSweepMax; chunk === holdsPerSweepMax; moved += chunk) chunk = await graceHolds(env.db, beatAt, until, holdsPerSweepMax)
  return moved
}

export const beat = (env: SeatEnv) => writeBeat(env.db, env.now())

/** Moves every running deadline of a show, for a pause that ended; at least to `atLeast`. */
export const moveDeadlines = (tx: Tx, { showId, byMs, atLeast }: { showId: string; byMs: number; atLeast: number }) => shiftHolds(tx, showId, byMs, atLeast)
