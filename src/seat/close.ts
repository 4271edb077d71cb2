import assert from 'node:assert/strict'
import type { Tx } from '../platform/database.ts'
import { emit } from '../platform/events.ts'
import type { SeatEnv } from './env.ts'
import { grouped, tellReturned } from './free.ts'
import { applyAfterCommit } from './picture.ts'
import * as close from './store-close.ts'
import { bumpShows, lockSeats, lowerQuotas } from './store-pins.ts'

/** Holds ended in one transaction; a large show takes several. */
const holdsPerChunkMax = 200
const chunksPerRunMax = 20

/**
 * The job behind a cancelled show: ends its live unpinned holds with reason `closed`, in chunks. Pinned ones are passed
 * over; if their payment ends without a sale, a later run ends them. Answers how many ended.
 */
export async function endHoldsOfClosed(env: SeatEnv): Promise<number> {
  let ended = 0
  for (let chunk = 0; chunk < chunksPerRunMax; chunk++) {
    const found = await close.holdsOfClosed(env.db, holdsPerChunkMax)
    if (found.length > 0) ended += await env.db.transaction((tx) => endHoldsNow(env, tx, found.map((hold) => hold.id), 'closed'))
    if (found.length < holdsPerChunkMax) return ended
  }
  return ended
}

export type EndReason = 'closed' | 'released' | 'expired'

/**
 * Ends live unpinned holds and puts their seats back on sale; with `dueBefore` only those whose `until` is not after it,
 * judged on the locked row. Lock order: holds, seats, quotas, shows. Answers how many ended.
 */
export async function endHoldsNow(env: SeatEnv, tx: Tx, holdIds: string[], reason: EndReason, dueBefore?: number): Promise<number> {
  const now = env.now()
  const holds = await close.lockLiveHolds(tx, holdIds, dueBefore)
  if (holds.length === 0) return 0
  const ids = holds.map((hold) => hold.id)
  const seats = holds.flatMap(({ showId, seatIds }) => seatIds.map((seatId) => ({ showId, seatId })))
  await lockSeats(tx, seats)
  const freed = await close.freeHeld(tx, ids)
  assert.equal(freed.length, seats.length, 'held seats freed')
  await close.endHolds(tx, ids, reason, now)
  await lowerQuotas(tx, grouped(holds, (hold) => `${hold.showId} ${hold.userId}`).map((own) => {
    const { showId, userId } = own[0]
    return { showId, userId, seats: own.flatMap((hold) => hold.seatIds).length }
  }))
  applyAfterCommit(tx, env.pictures, await bumpShows(tx, [...new Set(holds.map((hold) => hold.showId))], false), freed)
  await tellEnded(tx, holds, reason, now)
  await tellReturned(tx, now, freed)
  return holds.length
}

/** One `seat.hold_ended` a reservation, its first and last event here; holds that were never bound end silently. */
async function tellEnded(tx: Tx, holds: close.ClosedHold[], reason: EndReason, now: number) {
  const ended = new Map(holds.map((hold) => [hold.reservationId, hold]))
  await emit(tx, 'seat', [...ended.values()].flatMap(({ reservationId, userId, showId }) => {
    if (reservationId === null) return []
    const data = { reservationId, userId, showId, reason }
    return [{ name: 'seat.hold_ended', key: reservationId, version: 1, occurredAt: now, data }]
  }))
}
