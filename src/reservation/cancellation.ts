import type { Static } from 'typebox'
import { type Act, writeAudit } from '../platform/audit.ts'
import type { Database } from '../platform/database.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { reservationLimits, type reservationOperations } from './api.ts'
import { change, type Changes, endOf, linesOf, lockChanges, tell, writeChanges } from './changes.ts'
import { type LineRow, type ReservationRow, toReservation } from './store.ts'
import { type CancellationRow, insertCancellations, type NewCancellation, readCancellations } from './store-cancellations.ts'

/** Who asks decides what counts: a buyer the cutoff, an organiser only the show, the end of a show nothing. */
export type Asker =
  | { kind: 'buyer'; userId: string }
  | { kind: 'organiser'; by: string; showId: string }
  | { kind: 'show_cancelled' }
export type Cancel = {
  cancellationId: string
  reservationId: string
  asker: Asker
  /** absent for the whole reservation */
  seatIds?: number[]
  reason: string
}
export type Cancelled = Static<(typeof reservationOperations)['cancel']['output']>
type Work = Changes & { cancellations: Map<string, CancellationRow>; made: NewCancellation[]; acts: Act[] }

/** Ends reservations or lines, each line once; a refund is the sum of the lines its cancellation ended. */
export function cancelMany(db: Database, inputs: Cancel[], now: number): Promise<Answer<Cancelled>[]> {
  return db.transaction(async (tx) => {
    const changes = await lockChanges(tx, inputs.map((input) => input.reservationId), now)
    const known = await readCancellations(tx, inputs.map((input) => input.cancellationId))
    const work: Work = { ...changes, cancellations: new Map(known.map((row) => [row.id, row])), made: [], acts: [] }
    const decided = inputs.map((input) => cancel(work, input))
    await insertCancellations(tx, work.made)
    await writeChanges(tx, work)
    await writeAudit(tx, 'reservation', work.acts, work.now)
    return decided.map((answer) => (answer instanceof Error ? answer : toCancelled(work, answer)))
  })
}

function cancel(work: Work, input: Cancel): CancellationRow | Refusal {
  const row = work.reservations.get(input.reservationId)
  if (!row || !maySee(row, input.asker)) return new Refusal('reservation_unknown')
  const hash = hashOf(input)
  const known = work.cancellations.get(input.cancellationId)
  if (known) return known.requestHash === hash ? known : new Refusal('idempotency_conflict')
  const chosen = linesToEnd(work, row, input)
  if (chosen instanceof Refusal) return chosen
  return end(work, row, chosen, input, hash)
}

function maySee(row: ReservationRow, asker: Asker): boolean {
  if (row.number === null) return false
  if (asker.kind === 'buyer') return row.userId === asker.userId
  return asker.kind === 'show_cancelled' || row.showId === asker.showId
}

const hashOf = ({ reservationId, asker, seatIds }: Cancel) =>
  requestHash({ reservationId, asker, seatIds: seatIds?.toSorted((a, b) => a - b) })

function linesToEnd(work: Work, row: ReservationRow, { seatIds, asker }: Cancel): LineRow[] | Refusal {
  if (row.status === 'paying') return new Refusal('payment_in_progress')
  if (row.status === 'expired') return new Refusal('reservation_ended')
  const lines = linesOf(work, row.id)
  if (!seatIds) {
    if (row.status === 'cancelled') return new Refusal('reservation_ended')
    if (row.status === 'confirmed' && isTooLate(work, row, asker)) return new Refusal('cancellation_closed')
    return lines.filter((line) => line.status === 'active')
  }
  const chosen = lines.filter((line) => seatIds.includes(line.seatId))
  if (chosen.length < seatIds.length) return new Refusal('line_unknown')
  if (row.confirmedAt === null) return new Refusal(row.status === 'pending' ? 'not_confirmed' : 'reservation_ended')
  const gone = chosen.filter((line) => line.status === 'cancelled').map((line) => line.seatId)
  if (gone.length > 0) return new Refusal('line_cancelled', { seatIds: gone })
  return isTooLate(work, row, asker) ? new Refusal('cancellation_closed') : chosen
}

function isTooLate(work: Work, row: ReservationRow, asker: Asker): boolean {
  const cutoff = (row.showStartsAt ?? 0) - (row.cutoffMinutes ?? 0) * 60_000
  return asker.kind === 'buyer' && work.now >= cutoff
}

function end(work: Work, row: ReservationRow, lines: LineRow[], input: Cancel, hash: string): CancellationRow {
  const { cancellationId: id, reason, asker } = input
  const before = { status: row.status, total: row.total }
  const paid = row.status === 'confirmed'
  const seatIds = lines.map((line) => line.seatId)
  const amount = endOf(work, row, lines, { status: 'cancelled', reason, cancellationId: id })
  // who asked releases right after this; where nobody did, the job does
  const releaseAt = asker.kind === 'show_cancelled' ? work.now : work.now + reservationLimits.releaseRetryMs
  if (!paid) change(work, row, { releaseAt })
  const refund = paid ? amount : 0
  tell(work, row, 'reservation.cancelled', { cancellationId: id, seatIds, refund, paymentId: paid ? row.paymentId : null, reason })
  const by = asker.kind === 'organiser' ? asker.by : null
  const made = { id, reservationId: row.id, seatIds, refund, reason, by, requestHash: hash, createdAt: work.now, showId: row.showId, paid }
  work.cancellations.set(id, made)
  work.made.push(made)
  if (by) {
    const after = { status: row.status, total: row.total, seatIds, refund, reason, cancellationId: id }
    work.acts.push({ actor: by, action: 'reservation.refund', target: row.id, before, after })
  }
  return made
}

function toCancelled(work: Work, { id, reservationId, seatIds, refund }: CancellationRow): Cancelled {
  const row = work.reservations.get(reservationId)
  if (!row) throw new Error(`cancellation ${id} has no reservation`)
  return { cancellationId: id, seatIds, refund, reservation: toReservation(row, linesOf(work, row.id), null) }
}
