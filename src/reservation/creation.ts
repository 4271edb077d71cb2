import assert from 'node:assert/strict'
import type { Database, Tx } from '../platform/database.ts'
import { namedId, requestHash } from '../platform/identity.ts'
import { type Answer, Refusal, refuse } from '../platform/outcome.ts'
import type { SeatApi } from '../seat/api.ts'
import type { Reservation } from './api.ts'
import { drawNumber } from './number.ts'
import { type PriceChoice, priceLines, type ShowOf } from './prices.ts'
import {
  insertLines, insertReservations, type LineRow, type NewReservation, readLines, readReservations, type ReservationRow,
  sumOf, toReservation,
} from './store.ts'
import { lockShows } from './store-shows.ts'

export type Create = { reservationId?: string; userId: string; holdIds: string[]; priceTypes?: PriceChoice }
export type Stored = { row: ReservationRow; lines: LineRow[] }
type Creation = {
  seat: Pick<SeatApi, 'reserve' | 'deadlines'>
  showOf: ShowOf
  insert: (row: NewReservation) => Promise<Stored>
  find: (reservationId: string) => Promise<Stored | undefined>
  now: () => number
  random: () => number
}

/**
 * Binds the holds in seat, prices them and writes the reservation under the id seat answers: the first one wins, so
 * reserving reserved holds gives that reservation. A repeat whose holds have ended since still finds what it made.
 */
export async function create(deps: Creation, input: Create): Promise<Reservation> {
  const { seat, showOf, insert, now, random } = deps
  const holdIds = input.holdIds.toSorted()
  const choice = (input.priceTypes ?? []).toSorted((a, b) => a.seatId - b.seatId)
  const hash = requestHash({ holdIds, choice })
  const id = input.reservationId ?? namedId('reservation', ...holdIds)
  const bound = await seat.reserve({ reservationId: id, userId: input.userId, holdIds }).catch(async (error: unknown) => {
    const made = error instanceof Refusal ? await deps.find(id) : undefined
    return made ? { made } : Promise.reject(error)
  })
  if ('made' in bound) return answer(deps, bound.made, input, { id, hash, until: null })
  const show = await showOf(bound.showId, bound.planVersion)
  const stored = await insert({
    id: bound.reservationId,
    number: drawNumber(random),
    userId: input.userId,
    showId: bound.showId,
    holdId: holdIds[0] ?? '',
    showStartsAt: show.startsAt,
    planVersion: bound.planVersion,
    policyVersion: show.policy.version,
    cutoffMinutes: show.policy.cutoffMinutesBeforeStart,
    requestHash: hash,
    createdAt: now(),
    lines: priceLines(show, bound.seats, choice),
  })
  return answer(deps, stored, input, { id, hash, until: bound.until })
}

type Asked = { id: string; hash: string; until: number | null }

/** Only a key that names this very reservation can be in conflict with it; holds already reserved just lead to it. */
async function answer({ seat }: Creation, { row, lines }: Stored, input: Create, { id, hash, until }: Asked): Promise<Reservation> {
  if (row.userId !== input.userId) return refuse('hold_unknown')
  if (row.number === null) return refuse('reservation_ended')
  if (input.reservationId !== undefined && row.id === id && row.requestHash !== hash) return refuse('idempotency_conflict')
  if (row.status !== 'pending' || until !== null) return toReservation(row, lines, until)
  const { deadlines } = await seat.deadlines({ reservationIds: [row.id] })
  return toReservation(row, lines, deadlines[0]?.until ?? null)
}

const numberDrawsMax = 5

/** Inserts what is not there yet and answers what stands there now, whoever wrote it. */
export function insertMany(db: Database, inputs: NewReservation[], random: () => number): Promise<Answer<Stored>[]> {
  return db.transaction(async (tx) => {
    const closed = await lockShows(tx, inputs.map((input) => input.showId))
    const wanted = new Map<string, NewReservation>()
    for (const input of inputs) if (!wanted.has(input.id) && !closed.has(input.showId)) wanted.set(input.id, input)
    const fresh = await insertNew(tx, [...wanted.values()], random)
    const others = inputs.map(({ id }) => id).filter((id) => !fresh.has(id))
    const found = others.length === 0 ? new Map<string, Stored>() : await readStored(tx, others)
    return inputs.map(({ id }) => fresh.get(id) ?? found.get(id) ?? new Refusal('show_closed'))
  })
}

/** Answers those that were not there before; a number that is taken is drawn again. */
async function insertNew(tx: Tx, rows: NewReservation[], random: () => number): Promise<Map<string, Stored>> {
  const fresh = new Map<string, Stored>()
  let left = rows
  for (let draw = 0; left.length > 0; draw++) {
    assert(draw < numberDrawsMax, 'every number drawn was taken')
    const inserted = await insertReservations(tx, left)
    const news = left.filter((row) => inserted.has(row.id))
    await insertLines(tx, news)
    for (const row of news) fresh.set(row.id, asStored(row))
    const missing = left.filter((row) => !inserted.has(row.id))
    if (missing.length === 0) break
    const there = new Set((await readReservations(tx, missing.map((row) => row.id))).map((row) => row.id))
    left = missing.filter((row) => !there.has(row.id)).map((row) => ({ ...row, number: drawNumber(random) }))
  }
  return fresh
}

/** What a reservation is right after its insert, without reading it back. */
function asStored({ lines, ...row }: NewReservation): Stored {
  const nothingYet = {
    paidAmount: null, paymentId: null, paymentsCount: 0, holdEnded: null, releaseAt: null, endedReason: null,
    confirmedAt: null, endedAt: null, eventVersion: 0,
  }
  const bySeat = lines.toSorted((a, b) => a.seatId - b.seatId)
  return {
    row: { ...row, ...nothingYet, status: 'pending', total: sumOf(lines) },
    lines: bySeat.map((line) => ({ ...line, reservationId: row.id })),
  }
}

/** Reservations with their lines, by id. */
export async function readStored(db: Pick<Database, 'rows'>, ids: string[]): Promise<Map<string, Stored>> {
  const unique = [...new Set(ids)]
  const rows = await readReservations(db, unique)
  const lines = Map.groupBy(await readLines(db, rows.map((row) => row.id)), (line) => line.reservationId)
  return new Map(rows.map((row) => [row.id, { row, lines: lines.get(row.id) ?? [] }]))
}
