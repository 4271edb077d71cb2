import assert from 'node:assert/strict'
import type { Tx } from '../platform/database.ts'
import { emit } from '../platform/events.ts'
import type { SeatEnv } from './env.ts'
import { grouped, tellReturned } from './free.ts'
import { applyAfterCommit } from './picture.ts'
import { endHolds as endRows, freeHeld } from './store-close.ts'
import type { DueHold } from './store-deadlines.ts'
import { bumpShows, lockSeats, lowerQuotas } from './store-pins.ts'

/**
 * Ends live, unpinned holds that the caller has locked, those bound together all of them: frees their seats, lowers the
 * quotas, counts the shows' versions and tells of the reservations that ended with them.
 */
export async function endHolds(env: SeatEnv, tx: Tx, holds: DueHold[], reason: 'released' | 'expired', now: number) {
  if (holds.length === 0) return
  const ids = holds.map((hold) => hold.id)
  const seats = holds.flatMap(({ showId, seatIds }) => seatIds.map((seatId) => ({ showId, seatId })))
  await lockSeats(tx, seats)
  const freed = await freeHeld(tx, ids)
  assert.equal(freed.length, seats.length, 'held seats freed')
  await endRows(tx, ids, reason, now)
  await lowerQuotas(tx, grouped(holds, (hold) => `${hold.showId} ${hold.userId}`).map((own) => {
    const { showId, userId } = own[0]
    return { showId, userId, seats: own.flatMap((hold) => hold.seatIds).length }
  }))
  applyAfterCommit(tx, env.pictures, await bumpShows(tx, [...new Set(holds.map((hold) => hold.showId))], false), freed)
  await tellEnded(tx, holds, reason, now)
  await tellReturned(tx, now, freed)
}

/** One event a reservation, its only one here: a reservation's holds end once. Holds that were never bound end silently. */
export async function tellEnded(tx: Tx, holds: DueHold[], reason: string, now: number) {
  const bound = grouped(holds.filter((hold) => hold.reservationId !== null), (hold) => hold.reservationId)
  await emit(tx, 'seat', bound.map(([{ reservationId, userId, showId }]) => ({
    name: 'seat.hold_ended', key: reservationId ?? '', version: 1, occurredAt: now,
    data: { reservationId, userId, showId, reason },
  })))
}
