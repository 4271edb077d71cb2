import assert, { AssertionError } from 'node:assert/strict'
import type { Static } from 'typebox'
import type { Database, Tx } from '../platform/database.ts'
import { namedId } from '../platform/identity.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { reservationLimits, type reservationOperations } from './api.ts'
import { activeLinesOf, change, type Changes, endUnpaid, lockChanges, tell, writeChanges } from './changes.ts'
import { type ReservationRow, sumOf } from './store.ts'
import { readSeen, type Seen, writeSeen } from './store-payments.ts'
import { lockShows } from './store-shows.ts'

type ByPayment = { paymentId: string; reservationId: string; userId: string }
type Pinned = Static<(typeof reservationOperations)['pin']['output']>
type Work = Changes & { seen: Map<string, Seen>; answered: Set<string> }
const done = {}

/** pending to paying. The first answer to a payment is final, refusals too. */
export function pinMany(db: Database, inputs: ByPayment[], now: number): Promise<Answer<Pinned>[]> {
  return db.transaction(async (tx) => {
    const work = await openWork(tx, inputs, now)
    const closed = await lockShows(tx, [...work.reservations.values()].map((row) => row.showId))
    const answers = inputs.map((input) => pin(work, input, closed))
    await closeWork(tx, work)
    return answers
  })
}

/** paying to pending; written even if the pin never arrived, so that a late pin is refused. */
export function unpinMany(db: Database, inputs: ByPayment[], now: number): Promise<Answer<object>[]> {
  return db.transaction(async (tx) => {
    const work = await openWork(tx, inputs, now)
    const answers = inputs.map((input) => unpin(work, input))
    await closeWork(tx, work)
    return answers
  })
}

/** paying to confirmed; repeated it answers done, also after a cancellation. Anything else is a bug of the caller. */
export function confirmMany(
  db: Database,
  inputs: (ByPayment & { paidAmount: number })[],
  now: number,
): Promise<Answer<object>[]> {
  return db.transaction(async (tx) => {
    const work = await openWork(tx, inputs, now)
    const answers = inputs.map((input) => confirm(work, input))
    await closeWork(tx, work)
    return answers
  })
}

/** Sent together: what is read after the lock is read in a later statement. */
async function openWork(tx: Tx, inputs: ByPayment[], now: number): Promise<Work> {
  const [changes, seen] = await Promise.all([
    lockChanges(tx, inputs.map((input) => input.reservationId), now),
    readSeen(tx, inputs.map((input) => input.paymentId)),
  ])
  return { ...changes, seen: new Map(seen.map((s) => [s.paymentId, s])), answered: new Set() }
}

async function closeWork(tx: Tx, work: Work) {
  const seen = [...work.answered].flatMap((id) => work.seen.get(id) ?? [])
  await Promise.all([writeChanges(tx, work), writeSeen(tx, seen)])
}

function pin(work: Work, input: ByPayment, closed: Set<string>): Answer<Pinned> {
  const row = work.reservations.get(input.reservationId)
  if (row?.userId !== input.userId) return new Refusal('reservation_unknown')
  const seen = work.seen.get(input.paymentId)
  if (seen) return answered(seen, input, row)
  const lines = activeLinesOf(work, row.id)
  const refusal = refusalOfPin(row, closed)
  if (refusal) {
    remember(work, input, { status: 'unpinned', refusal })
    return new Refusal(refusal)
  }
  assert(lines.length > 0 && sumOf(lines) === row.total, `reservation ${row.id} does not add up`)
  change(work, row, { status: 'paying', paymentId: input.paymentId, paymentsCount: row.paymentsCount + 1 })
  return toPinned(remember(work, input, { status: 'pinned', amount: row.total, seatIds: lines.map((l) => l.seatId) }), row)
}

function answered(seen: Seen, input: ByPayment, row: ReservationRow): Answer<Pinned> {
  if (isForeign(seen, input)) return new Refusal('idempotency_conflict')
  if (seen.status === 'unpinned') return new Refusal(seen.refusal ?? 'payment_undone')
  return toPinned(seen, row)
}

function refusalOfPin(row: ReservationRow, closed: Set<string>): string | undefined {
  if (row.status === 'cancelled' || row.status === 'expired') return 'reservation_ended'
  if (row.status === 'confirmed') return 'already_paid'
  if (row.status === 'paying') return 'payment_in_progress'
  if (closed.has(row.showId)) return 'show_closed'
  if (row.paymentsCount >= reservationLimits.paymentsMax) return 'payment_attempts_used'
  return undefined
}

function unpin(work: Work, input: ByPayment): Answer<object> {
  const seen = work.seen.get(input.paymentId)
  if (!seen) {
    remember(work, input, { status: 'unpinned' })
    return done
  }
  if (isForeign(seen, input)) return new Refusal('idempotency_conflict')
  if (seen.status === 'unpinned') return done
  const row = work.reservations.get(seen.reservationId)
  if (isConfirmed(row, seen)) return bug(`payment ${seen.paymentId} is confirmed and cannot be undone`)
  if (row?.status !== 'paying' || row.paymentId !== seen.paymentId) return bug(`payment ${seen.paymentId} is not running`)
  remember(work, input, { ...seen, status: 'unpinned' })
  change(work, row, { status: 'pending', paymentId: null })
  if (row.holdEnded !== null) endUnpaid(work, row, row.holdEnded, namedId(row.id, 'hold_ended'))
  return done
}

function confirm(work: Work, input: ByPayment & { paidAmount: number }): Answer<object> {
  const seen = work.seen.get(input.paymentId)
  if (!seen) return bug(`payment ${input.paymentId} was never pinned`)
  if (isForeign(seen, input)) return new Refusal('idempotency_conflict')
  if (seen.amount !== input.paidAmount) return bug(`payment ${seen.paymentId} paid ${input.paidAmount}, not ${seen.amount}`)
  const row = work.reservations.get(seen.reservationId)
  if (isConfirmed(row, seen)) return done
  if (seen.status === 'unpinned' || row?.status !== 'paying' || row.paymentId !== seen.paymentId)
    return bug(`payment ${seen.paymentId} is not running`)
  change(work, row, { status: 'confirmed', paidAmount: input.paidAmount, confirmedAt: work.now, holdEnded: null })
  work.sold.push(row.id)
  tell(work, row, 'reservation.confirmed', { seatIds: seen.seatIds, amount: input.paidAmount, paymentId: input.paymentId })
  return done
}

/** Also after a cancellation: who paid a reservation stays. */
const isConfirmed = (row: ReservationRow | undefined, seen: Seen) =>
  row?.paymentId === seen.paymentId && row.confirmedAt !== null
const isForeign = (seen: Seen, input: ByPayment) =>
  seen.reservationId !== input.reservationId || seen.userId !== input.userId

function remember(work: Work, input: ByPayment, answer: Pick<Seen, 'status'> & Partial<Seen>): Seen {
  const { paymentId, reservationId, userId } = input
  const seen: Seen = { refusal: null, amount: null, seatIds: [], seenAt: work.now, ...answer, paymentId, reservationId, userId }
  work.seen.set(paymentId, seen)
  work.answered.add(paymentId)
  return seen
}

const toPinned = (seen: Seen, row: ReservationRow): Pinned => ({ amount: seen.amount ?? 0, seatIds: seen.seatIds, showId: row.showId })

/** One broken promise must not fail the whole batch, so it is that item's answer; the caller gets it thrown. */
const bug = (message: string): Error => new AssertionError({ message })
