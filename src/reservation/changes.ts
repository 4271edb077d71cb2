import type { Tx } from '../platform/database.ts'
import { emit, type NewEvent } from '../platform/events.ts'
import {
  endLines, type LineRow, lockReservations, readLines, type ReservationRow, sellLines, sumOf, writeReservations,
} from './store.ts'

/** Reservations under lock: decided on in memory, one after the other, then written once. */
export type Changes = {
  now: number
  reservations: Map<string, ReservationRow>
  lines: Map<string, LineRow[]>
  changed: Set<string>
  ended: { reservationId: string; seatId: number; cancellationId: string | null; amount: number }[]
  sold: string[]
  events: NewEvent[]
}

export async function lockChanges(tx: Tx, reservationIds: string[], now: number): Promise<Changes> {
  const ids = [...new Set(reservationIds)].sort()
  const [rows, allLines] = await Promise.all([lockReservations(tx, ids), readLines(tx, ids)])
  const reservations = new Map(rows.map((row) => [row.id, row]))
  const lines = Map.groupBy(allLines, (line) => line.reservationId)
  return { now, reservations, lines, changed: new Set(), ended: [], sold: [], events: [] }
}

export async function writeChanges(tx: Tx, changes: Changes): Promise<void> {
  const rows = [...changes.changed].flatMap((id) => changes.reservations.get(id) ?? [])
  await Promise.all([
    writeReservations(tx, rows), endLines(tx, changes.ended), sellLines(tx, changes.sold),
    emit(tx, 'reservation', changes.events),
  ])
}

export const linesOf = (changes: Changes, id: string) => changes.lines.get(id) ?? []
export const activeLinesOf = (changes: Changes, id: string) => linesOf(changes, id).filter((line) => line.status === 'active')

export function change(changes: Changes, row: ReservationRow, to: Partial<ReservationRow>): void {
  Object.assign(row, to)
  changes.changed.add(row.id)
}

/** Tells of a fact; the version counts this reservation's events. */
export function tell(changes: Changes, row: ReservationRow, name: string, data: Record<string, unknown>): void {
  change(changes, row, { eventVersion: row.eventVersion + 1 })
  const facts = { reservationId: row.id, userId: row.userId, showId: row.showId, ...data }
  changes.events.push({ name, key: row.id, version: row.eventVersion, occurredAt: changes.now, data: facts })
}

/** Ends these lines and, with the last one, the reservation. Returns the sum of price and fee of the lines. */
export function endOf(
  changes: Changes,
  row: ReservationRow,
  lines: LineRow[],
  { status, reason, cancellationId }: { status: 'cancelled' | 'expired'; reason: string; cancellationId: string | null },
): number {
  const amount = sumOf(lines)
  for (const line of lines) {
    changes.ended.push({ reservationId: row.id, seatId: line.seatId, cancellationId, amount: line.price + line.fee })
    line.status = 'cancelled'
  }
  change(changes, row, { total: row.total - amount })
  if (activeLinesOf(changes, row.id).length === 0) change(changes, row, { status, endedReason: reason, endedAt: changes.now })
  return amount
}

const endedByBuyer = new Set(['released', 'swapped', 'declined'])

/** Ends an unpaid reservation whose holds are gone: by the buyer's own act cancelled, else expired. */
export function endUnpaid(changes: Changes, row: ReservationRow, reason: string, cancellationId: string): void {
  const lines = activeLinesOf(changes, row.id)
  const seatIds = lines.map((line) => line.seatId)
  const status = endedByHold(reason)
  endOf(changes, row, lines, { status, reason, cancellationId: null })
  change(changes, row, { paymentId: null, holdEnded: null, releaseAt: null })
  if (status === 'expired') tell(changes, row, 'reservation.expired', { reason })
  else tell(changes, row, 'reservation.cancelled', { cancellationId, seatIds, refund: 0, paymentId: null, reason })
}

export const endedByHold = (reason: string) => (endedByBuyer.has(reason) ? 'cancelled' : 'expired')
