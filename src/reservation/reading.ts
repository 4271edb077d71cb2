import { batched } from '../platform/batch.ts'
import type { Database, Reader } from '../platform/database.ts'
import type { SeatApi } from '../seat/api.ts'
import type { Reservation } from './api.ts'
import { readStored } from './creation.ts'
import { kindOf } from './figures.ts'
import { listReservations, readLines, reservationsOfShow, type ReservationRow, toReservation } from './store.ts'
import { cancellationsOf } from './store-cancellations.ts'

type Seat = Pick<SeatApi, 'deadlines'>
type Own = { reservationId: string; userId: string }
type List = { userId: string; before?: { createdAt: number; id: string }; limit: number }
type Step = { at: number; what: string; detail: Record<string, unknown> }

/** Reads of one's own reservations with the deadline seat keeps; reads of a rush share one statement and one call. */
export function createReader(db: Database, seat: Seat) {
  return {
    get: batched((inputs: Own[]) => getMany(db, seat, inputs)),
    list: async (input: List) => withLines(db, seat, await listReservations(db, input)),
    ofBuyer: async ({ userId, showId }: { userId: string; showId: string }) => withLines(db, seat, await reservationsOfShow(db, userId, showId)),
  }
}

async function withLines(db: Database, seat: Seat, rows: ReservationRow[]): Promise<{ reservations: Reservation[] }> {
  const lines = Map.groupBy(await readLines(db, rows.map((row) => row.id)), (line) => line.reservationId)
  const until = await deadlinesOf(seat, rows)
  return { reservations: rows.map((row) => toReservation(row, lines.get(row.id) ?? [], until.get(row.id) ?? null)) }
}

async function getMany(db: Database, seat: Seat, inputs: Own[]): Promise<(Reservation | undefined)[]> {
  const stored = await readStored(db, inputs.map((input) => input.reservationId))
  const until = await deadlinesOf(seat, [...stored.values()].map(({ row }) => row))
  return inputs.map(({ reservationId, userId }) => {
    const found = stored.get(reservationId)
    if (!found || found.row.userId !== userId || found.row.number === null) return undefined
    return toReservation(found.row, found.lines, until.get(reservationId) ?? null)
  })
}

/** Only pending reservations have a deadline. */
async function deadlinesOf(seat: Seat, rows: ReservationRow[]): Promise<Map<string, number>> {
  const reservationIds = rows.filter((row) => row.status === 'pending').map((row) => row.id)
  if (reservationIds.length === 0) return new Map()
  const { deadlines } = await seat.deadlines({ reservationIds })
  return new Map(deadlines.filter(({ pinned }) => !pinned).map(({ reservationId, until }) => [reservationId, until]))
}

/** What happened to a user's reservations of a show, oldest first. */
export async function story(db: Reader, { userId, showId }: { userId: string; showId: string }): Promise<{ steps: Step[] }> {
  const rows = await reservationsOfShow(db, userId, showId)
  const cancellations = await cancellationsOf(db, rows.map((row) => row.id))
  const steps = rows.flatMap((row): Step[] => [
    { at: row.createdAt, what: 'reserved', detail: { reservationId: row.id, number: row.number } },
    ...(row.confirmedAt === null ? [] : [{ at: row.confirmedAt, what: 'confirmed', detail: { reservationId: row.id, amount: row.paidAmount } }]),
    ...(row.endedAt === null ? [] : [{ at: row.endedAt, what: row.status, detail: { reservationId: row.id, reason: row.endedReason } }]),
  ])
  for (const cancellation of cancellations) {
    const { createdAt, reservationId, seatIds, refund, reason } = cancellation
    // what the buyer did is the buyer's word; what was done to the buyer has a reason
    const isOwn = kindOf(cancellation) === 'buyer'
    if (refund > 0) steps.push({ at: createdAt, what: isOwn ? 'seats_cancelled' : 'seats_refunded', detail: { reservationId, seatIds, refund, ...(isOwn ? {} : { reason }) } })
  }
  return { steps: steps.sort((a, b) => a.at - b.at) }
}
