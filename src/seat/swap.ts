import assert from 'node:assert/strict'
import { emit } from '../platform/events.ts'
import { type Answer, Refusal, refuse } from '../platform/outcome.ts'
import type { Hold } from './api.ts'
import { endHolds } from './store-close.ts'
import type { SeatEnv } from './env.ts'
import { tellReturned } from './free.ts'
import { applyAfterCommit, type Picture } from './picture.ts'
import { type HoldRow, holdById, insertHold, lockTogether, quotasOf, shiftQuota, swapSeats } from './store-taking.ts'
import { bumpShows, lockSeats } from './store-pins.ts'
import { holdOutput } from './view.ts'

type Swap = {
  holdId: string; userId: string; seatIds: number[]; replaces: string; requestHash: string
  /** needed only for more seats than are replaced */
  pass: Refusal | { passNo: number; sections: string[] | null }
}

/**
 * Exchanges a hold (with all that are bound to its reservation) for other seats, whole or not at all: wanted seats count
 * as free if they are available or replaced, the rest goes back on sale, the deadline does not move. Lock order: holds,
 * seats, quota, show.
 */
export async function swap(env: SeatEnv, picture: Picture, input: Swap): Promise<Answer<Hold>> {
  try {
    return await swapOrThrow(env, picture, input)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

async function swapOrThrow(env: SeatEnv, picture: Picture, input: Swap): Promise<Hold> {
  const { showId } = picture
  const known = await holdById(env.db, input.holdId)
  if (known) return repeat(picture, input, known)
  const now = env.now()
  return env.db.transaction(async (tx) => {
    const old = await lockTogether(tx, [input.replaces])
    const replaced = old.find((hold) => hold.id === input.replaces)
    if (!replaced || replaced.userId !== input.userId || replaced.showId !== showId) return refuse('hold_unknown')
    if (replaced.endedReason !== null) return refuse('hold_ended', { reason: replaced.endedReason })
    const live = old.filter((hold) => hold.endedReason === null)
    if (live.some((hold) => hold.pinnedBy !== null)) return refuse('payment_in_progress')
    const oldSeats = live.flatMap((hold) => hold.seatIds)
    const passNo = passNeeded(picture, input, live, oldSeats.length)
    await lockWanted(tx, picture, input, live, oldSeats)
    await takeQuota(tx, input, showId, input.seatIds.length - oldSeats.length, passNo)
    const hold: HoldRow = {
      ...replaced, id: input.holdId, seatIds: input.seatIds, reservationId: null, pinnedBy: null, requestHash: input.requestHash, fellBack: false,
      until: Math.max(...live.map((each) => each.until)),
    }
    await insertHold(tx, hold)
    await endHolds(tx, live.map((each) => each.id), 'swapped', now)
    const wanted = new Set(input.seatIds)
    const letGo = oldSeats.filter((id) => !wanted.has(id))
    const changed = await swapSeats(tx, showId, hold.id, input.seatIds, letGo)
    assert.equal(changed.length, input.seatIds.length + letGo.length, 'seats swapped')
    const versions = await bumpShows(tx, [showId], true)
    if (versions.length === 0) return refuse('show_closed')
    applyAfterCommit(tx, env.pictures, versions, changed)
    const reservationIds = new Set(live.flatMap((each) => each.reservationId ?? []))
    await emit(tx, 'seat', [...reservationIds].map((reservationId) => ({
      name: 'seat.hold_ended', key: reservationId, version: 1, occurredAt: now, data: { reservationId, userId: input.userId, showId, reason: 'swapped' },
    })))
    await tellReturned(tx, now, changed)
    return holdOutput(picture, hold)
  })
}

function repeat(picture: Picture, input: Swap, known: HoldRow): Hold {
  if (known.userId !== input.userId || known.requestHash !== input.requestHash || known.showId !== picture.showId) return refuse('idempotency_conflict')
  return known.endedReason === null ? holdOutput(picture, known) : refuse('hold_ended', { reason: known.endedReason })
}

/** The pass number to check on the quota's row, or null when none is needed; sections count in either case. */
function passNeeded(picture: Picture, { pass, seatIds }: Swap, live: HoldRow[], replacedCount: number): number | null {
  const more = seatIds.length > replacedCount
  if (more && pass instanceof Refusal) throw pass
  const sections = pass instanceof Refusal ? (live[0]?.sections ?? null) : pass.sections
  if (sections && seatIds.some((id) => !sections.includes(picture.seats[id - 1]?.section ?? ''))) refuse('section_not_in_window', { sections })
  return more && !(pass instanceof Refusal) ? pass.passNo : null
}

async function lockWanted(tx: Parameters<typeof lockSeats>[0], { showId }: Picture, { seatIds }: Swap, live: HoldRow[], oldSeats: number[]) {
  const rows = await lockSeats(tx, [...new Set([...seatIds, ...oldSeats])].map((seatId) => ({ showId, seatId })))
  const byId = new Map(rows.map((row) => [row.seatId, row]))
  const unknown = seatIds.filter((id) => !byId.has(id))
  if (unknown.length > 0) refuse('seat_unknown', { unknown })
  const ours = new Set(live.map((hold) => hold.id))
  const taken = seatIds.filter((id) => {
    const row = byId.get(id)
    return row && row.status !== 0 && !ours.has(row.holdId ?? '')
  })
  if (taken.length > 0) refuse('seat_taken', { taken })
}

async function takeQuota(tx: Parameters<typeof shiftQuota>[0], { userId }: Swap, showId: string, delta: number, passNo: number | null) {
  if (await shiftQuota(tx, { showId, userId, delta, passNo })) return
  const [quota] = await quotasOf(tx, showId, [userId])
  if (passNo !== null && quota && passNo < quota.passFloor) refuse('pass_ended', { action: 'renew' })
  refuse('quota_exceeded', { seats: quota?.seats ?? 0, seatsMax: quota?.seatsMax ?? 0 })
}
