import assert from 'node:assert/strict'
import type { Reader } from '../platform/database.ts'
import { doEach } from '../platform/jobs.ts'
import { fill, freeSlots } from './admission.ts'
import { queueLimits } from './api.ts'
import { delaySealings } from './draw.ts'
import type { QueueEnv } from './env.ts'
import * as clock from './store-clock.ts'
import { lockShow } from './store-lines.ts'
import { endOverdue } from './store-places.ts'

const beatMs = 1_000
/** a beat older than this means that nobody could act on deadlines */
const outageMs = 3_000
const afterOutageMs = 60_000
const showsPerRunMax = 200
const chunksPerRunMax = 20

/**
 * The job over deadlines: after an outage it first moves those that fell due meanwhile; else missed turns fall asleep,
 * passes that ran out end, and their slots go on. Beats once a second after its work, so that an old beat means no sweep.
 */
export async function sweep(env: QueueEnv): Promise<void> {
  const last = await clock.lastBeat(env.db)
  const now = env.now()
  if (isOutage(last, now)) return afterOutage(env)
  const due = await clock.showsOverdue(env.db, now - queueLimits.graceMs, showsPerRunMax)
  try {
    await doEach(due, (showId) => endDue(env, showId, now - queueLimits.graceMs))
  } finally {
    // a show that fails again and again is no outage: every other deadline would be moved again and again
    if (last === undefined || now - last >= beatMs) await clock.beat(env.db, now)
  }
}

/** Deadlines that ran out in an outage become a minute from now, then it beats. Without an outage it does nothing. */
export async function afterOutage(env: QueueEnv): Promise<void> {
  const last = await clock.lastBeat(env.db)
  const now = env.now()
  if (!isOutage(last, now)) return
  await graceAfterOutage(env, last, now + afterOutageMs)
  await delaySealings(env, last, now + afterOutageMs)
  await clock.beat(env.db, now)
}

/** What `afterOutage` will make of a deadline that is over, while it has yet to come: a beat as old as an outage decides it. */
export async function deadlineAfterOutage(db: Reader, until: number, now: number): Promise<number | undefined> {
  const last = await clock.lastBeat(db)
  return isOutage(last, now) && until > last ? now + afterOutageMs : undefined
}

/** Whether the beat is so old that nobody may act on deadlines before `afterOutage` has moved them. */
export const isStopped = async (db: Reader, now: number) => isOutage(await clock.lastBeat(db), now)

const isOutage = (last: number | undefined, now: number): last is number => last !== undefined && now - last > outageMs

/** Moves deadlines in chunks, all to the same instant: what was moved is not found again. */
async function graceAfterOutage(env: QueueEnv, after: number, before: number): Promise<void> {
  for (;;) {
    const showIds = await clock.showsBetween(env.db, after, before, showsPerRunMax)
    if (showIds.length === 0) return
    for (const showId of showIds) {
      await env.db.transaction(async (tx) => {
        const show = await lockShow(tx, showId)
        if (show) await clock.graceDeadlines(tx, show, after, before, queueLimits.admitChunkMax)
      })
    }
  }
}

/** `before` is of the moment the beat was read: a process that stood still since then may have missed an outage. */
async function endDue(env: QueueEnv, showId: string, before: number) {
  for (let chunk = 0; chunk < chunksPerRunMax && (await endChunk(env, showId, before)); chunk++);
}

/** Answers whether there may be more. */
function endChunk(env: QueueEnv, showId: string, before: number): Promise<boolean> {
  return env.db.transaction(async (tx) => {
    const show = await lockShow(tx, showId)
    if (!show || show.pausedAt !== null) return false
    const now = env.now()
    const windowIds = show.lines.map((line) => line.windowId)
    const moved = await endOverdue(tx, windowIds, before, now, queueLimits.admitChunkMax)
    assert.equal(moved[0]?.written ?? 0, moved.length, 'overdue places moved')
    await freeSlots(tx, show, moved.map(({ windowId }) => windowId))
    await fill(tx, show, now)
    return moved.length === queueLimits.admitChunkMax
  })
}
