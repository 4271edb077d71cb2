import { inHalves } from '../platform/batch.ts'
import type { Database, Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import { namedId } from '../platform/identity.ts'
import { isRefusal, UnknownOutcome } from '../platform/outcome.ts'
import type { SeatApi } from '../seat/api.ts'
import { reservationLimits } from './api.ts'
import { cancelMany } from './cancellation.ts'
import { change, endedByHold, endUnpaid, lockChanges, writeChanges } from './changes.ts'
import { type EarlyEnd, insertEarlyEnds } from './store.ts'
import { markReleased, takeReleases } from './store-cancellations.ts'
import { closeShows, endableOf, markDrained, showsToDrain } from './store-shows.ts'

type HoldEnded = { reservationId: string; userId: string; showId: string; reason: string }

/**
 * seat.hold_ended: pending ends; an end that comes before its reservation is written for a late create to find; while
 * a payment runs it is remembered until the payment is undone. A sold hold is the payment's business.
 */
export async function endHolds(tx: Tx, events: Envelope[], now: number): Promise<void> {
  const ends = new Map<string, HoldEnded>()
  for (const { data } of events) {
    const end = data as HoldEnded
    if (end.reason !== 'sold' && !ends.has(end.reservationId)) ends.set(end.reservationId, end)
  }
  const early = await insertEarlyEnds(tx, [...ends.values()].map((end) => toEarlyEnd(end, now)))
  const changes = await lockChanges(tx, [...ends.keys()].filter((id) => !early.has(id)), now)
  for (const row of changes.reservations.values()) {
    const reason = ends.get(row.id)?.reason ?? 'expired'
    if (row.status === 'pending') endUnpaid(changes, row, reason, namedId(row.id, 'hold_ended'))
    else if (row.status === 'paying') change(changes, row, { holdEnded: reason })
    else if (row.releaseAt !== null) change(changes, row, { releaseAt: null })
  }
  await writeChanges(tx, changes)
}

const toEarlyEnd = ({ reservationId, userId, showId, reason }: HoldEnded, at: number): EarlyEnd => ({
  id: reservationId, userId, showId, reason, status: endedByHold(reason), at,
})

/** show.cancelled: from here on nothing is created or pinned; a job ends what is there. */
export const closeCancelledShows = (tx: Tx, events: Envelope[], now: number) => closeShows(tx, events.map((e) => e.key), now)

const showsPerRunMax = 20

/**
 * One chunk of every closed show: pending ones end, confirmed ones are refunded whole whatever the cutoff. Those that
 * are paying are passed over and looked at again until none is left.
 */
export async function endClosedShows(db: Database, now: () => number): Promise<number> {
  let ended = 0
  const bugs: unknown[] = []
  for (const showId of await showsToDrain(db, showsPerRunMax)) {
    const found = await endableOf(db, showId, reservationLimits.endChunkMax)
    if (found.length === 0) await markDrained(db, showId)
    else bugs.push(...(await endReservations(db, found, now())))
    ended += found.length
  }
  if (bugs.length > 0) throw new AggregateError(bugs, `${bugs.length} reservations of cancelled shows could not be ended`)
  return ended
}

/** Ends a chunk; answers why some of it could not be ended. A database that is away is one such reason. */
async function endReservations(db: Database, reservationIds: string[], now: number): Promise<unknown[]> {
  const asker = { kind: 'show_cancelled' as const }
  const endMany = (ids: string[]) => cancelMany(db, ids.map((reservationId) => (
    { cancellationId: namedId(reservationId, 'show_cancelled'), reservationId, asker, reason: 'show_cancelled' })), now)
  const failures = await inHalves(reservationIds, endMany).catch((error: unknown) => [{ error }])
  return failures.map(({ error }) => error)
}

type Release = { id: string; userId: string; holdId: string }

/** Gives back the seats of reservations that were cancelled unpaid; what fails is tried again later. */
export async function releaseCancelled(db: Database, seat: Pick<SeatApi, 'release'>, now: () => number): Promise<number> {
  const next = now() + reservationLimits.releaseRetryMs
  const due = await takeReleases(db, { now: now(), next, limit: reservationLimits.releaseChunkMax })
  const bugs = await releaseHolds(db, seat, due)
  if (bugs.length > 0) throw new AggregateError(bugs, `${bugs.length} of ${due.length} releases failed`)
  return due.length
}

/**
 * Releases and marks what was released; what is not known or refused for now the job repeats. A payment that pinned
 * the seats just before is refused by us and lets go of them, then the release succeeds. Returns the bugs among the ends.
 */
export async function releaseHolds(db: Database, seat: Pick<SeatApi, 'release'>, due: Release[]): Promise<unknown[]> {
  if (due.length === 0) return []
  const ends = await Promise.allSettled(due.map(({ userId, holdId }) => seat.release({ userId, holdId })))
  const released = due.filter((_, i) => isReleased(ends[i])).map((row) => row.id)
  if (released.length > 0) await markReleased(db, released)
  return ends.flatMap((end) => (end.status === 'rejected' && !isForLater(end.reason) && !isGone(end) ? [end.reason] : []))
}

type End = PromiseSettledResult<unknown> | undefined
const isReleased = (end: End) => end?.status === 'fulfilled' || isGone(end)
/** A hold seat does not know, or knows to have ended, holds no seats. */
const isGone = (end: End) =>
  end?.status === 'rejected' && (isRefusal(end.reason, 'hold_unknown') || isRefusal(end.reason, 'hold_ended'))
const isForLater = (error: unknown): boolean =>
  error instanceof UnknownOutcome || isRefusal(error, 'payment_in_progress') || isRefusal(error, 'overloaded')
