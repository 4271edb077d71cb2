import type { Tx } from '../platform/database.ts'
import { emit } from '../platform/events.ts'
import { inHalves } from '../platform/batch.ts'
import { doEach } from '../platform/jobs.ts'
import type { SeatEnv } from './env.ts'
import { grouped, tellReturned } from './free.ts'
import { applyAfterCommit } from './picture.ts'
import * as store from './store-ending.ts'
import { lockSeats, lowerQuotas } from './store-pins.ts'
import { bumpShows } from './store-versions.ts'

/** Holds ended in one transaction; a large show takes several. */
const holdsPerChunkMax = 200
const chunksPerRunMax = 20

/**
 * Ends live, unpinned holds that the caller has locked, those bound together all of them: frees their seats, lowers the
 * quotas, counts the shows' versions and tells of the reservations that ended with them.
 */
export async function endHolds(env: SeatEnv, tx: Tx, holds: store.EndingHold[], reason: 'released' | 'expired' | 'closed') {
  if (holds.length === 0) return
  const now = env.now()
  await lockSeats(tx, holds.flatMap(({ showId, seatIds }) => seatIds.map((seatId) => ({ showId, seatId }))))
  const freed = await store.freeHeld(tx, holds)
  await store.endHolds(tx, holds.map((hold) => hold.id), reason, now)
  await lowerQuotas(tx, grouped(holds, (hold) => `${hold.showId} ${hold.userId}`).map((own) => {
    const { showId, userId } = own[0]
    return { showId, userId, seats: own.flatMap((hold) => hold.seatIds).length }
  }))
  applyAfterCommit(tx, env.pictures, await bumpShows(tx, [...new Set(holds.map((hold) => hold.showId))]), freed)
  await tellEnded(tx, holds, reason, now)
  await tellReturned(tx, now, freed)
}

/** One event a reservation, its only one here: a reservation's holds end once. Holds that were never bound end silently. */
export async function tellEnded(tx: Tx, holds: store.EndingHold[], reason: string, now: number) {
  const bound = grouped(holds.filter((hold) => hold.reservationId !== null), (hold) => hold.reservationId)
  await emit(tx, 'seat', bound.map(([{ reservationId, userId, showId }]) => ({
    name: 'seat.hold_ended', key: reservationId ?? '', version: 1, occurredAt: now,
    data: { reservationId, userId, showId, reason },
  })))
}

/**
 * The job behind a cancelled show: ends its live unpinned holds with reason `closed`, in chunks. Pinned ones are passed
 * over; if their payment ends without a sale, a later run ends them. Answers how many ended.
 */
export async function endHoldsOfClosed(env: SeatEnv): Promise<number> {
  let ended = 0
  await doEach(await store.emptyingShows(env.db), async (showId) => {
    ended += await endHoldsOf(env, showId)
  })
  return ended
}

async function endHoldsOf(env: SeatEnv, showId: string): Promise<number> {
  let ended = 0
  for (let chunk = 0; chunk < chunksPerRunMax; chunk++) {
    const found = await store.holdsToEnd(env.db, showId, holdsPerChunkMax)
    const bugs = await inHalves(together(found), async (groups) => {
      ended += await env.db.transaction((tx) => endLocked(env, tx, groups.flat()))
    })
    reportUnended(bugs)
    if (found.length < holdsPerChunkMax) break
  }
  await store.settleEmptied(env.db, showId)
  return ended
}

/** The ids of holds, those bound together in one group. */
export const together = (holds: store.BoundId[]): string[][] =>
  grouped(holds, (hold) => hold.reservationId ?? hold.id).map((group) => group.map((hold) => hold.id))

/** Everything else has ended: a hold that fails its assertions keeps no other from its end, but somebody must hear of it. */
export function reportUnended(bugs: { item: string[]; error: unknown }[]) {
  if (bugs.length === 0) return
  const ids = bugs.flatMap((bug) => bug.item).join(', ')
  throw new AggregateError(bugs.map((bug) => bug.error), `holds that could not be ended: ${ids}`)
}

async function endLocked(env: SeatEnv, tx: Tx, holdIds: string[]): Promise<number> {
  const holds = await store.lockLiveHolds(tx, holdIds)
  await endHolds(env, tx, holds, 'closed')
  return holds.length
}
