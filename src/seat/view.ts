import type { Static } from 'typebox'
import { refuse } from '../platform/outcome.ts'
import { type Hold, seatLimits, type seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import type { Picture } from './picture.ts'
import { type HoldRow, holdById, holdsOfReservations, liveHoldsOf } from './store-taking.ts'

type Ops = typeof seatOperations
export type Seats = Hold['seats']

export const seatsOutput = (picture: Picture, seatIds: number[]): Seats => seatIds.flatMap((id) => {
  const seat = picture.seats[id - 1]
  return seat ? [{ seatId: id, section: seat.section, row: seat.row, number: seat.number, grade: seat.grade, kind: seat.kind }] : []
})

/** A hold as its owner sees it. Extensions left are bounded by count and by the whole time. */
export function holdOutput(picture: Picture, row: HoldRow): Hold {
  const byTime = Math.floor((row.heldAt + seatLimits.holdTotalMs - row.until) / seatLimits.extensionMs)
  return {
    id: row.id, showId: row.showId, seatIds: row.seatIds, seats: seatsOutput(picture, row.seatIds), until: row.until,
    extensionsLeft: Math.max(0, Math.min(seatLimits.extensionsMax - row.extensions, byTime)), reservationId: row.reservationId, fellBack: row.fellBack,
  }
}

export async function holdOf(env: SeatEnv, { holdId, userId }: Static<Ops['holdOf']['input']>): Promise<Hold> {
  const row = await holdById(env.db, holdId)
  if (!row || row.userId !== userId) return refuse('hold_unknown')
  if (row.endedReason !== null) return refuse('hold_ended', { reason: row.endedReason })
  return holdOutput(await env.pictures.of(row.showId), row)
}

export async function holdsOf(env: SeatEnv, { userId, showId }: Static<Ops['holdsOf']['input']>): Promise<{ holds: Hold[] }> {
  const rows = await liveHoldsOf(env.db, userId, showId)
  const pictures = new Map<string, Picture>()
  for (const id of new Set(rows.map((row) => row.showId))) pictures.set(id, await env.pictures.of(id))
  return { holds: rows.map((row) => holdOutput(pictures.get(row.showId) as Picture, row)) }
}

/** The one deadline of each reservation that still has live holds. */
export async function deadlines(env: SeatEnv, { reservationIds }: Static<Ops['deadlines']['input']>) {
  const rows = (await holdsOfReservations(env.db, reservationIds)).filter((row) => row.endedReason === null)
  const groups = [...Map.groupBy(rows, (row) => row.reservationId ?? '')]
  return {
    deadlines: groups.map(([reservationId, holds]) => ({
      reservationId, until: Math.min(...holds.map((hold) => hold.until)), pinned: holds.some((hold) => hold.pinnedBy !== null),
    })),
  }
}
