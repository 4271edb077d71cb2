import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Show } from '../concert/api.ts'
import { type Api, local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import { deliver } from '../platform/inbox.ts'
import { isRefusal, type Refusal, refuse } from '../platform/outcome.ts'
import { openTestDatabase } from '../platform/testing.ts'
import type { SeatApi } from '../seat/api.ts'
import { type Reservation, reservationOperations } from './api.ts'
import { reservationChecks } from './checks.ts'
import { createReservation } from './service.ts'

export const startedAt = Date.UTC(2030, 0, 1, 20)
export const showStartsAt = startedAt + 30 * 86_400_000
export const cutoffAt = showStartsAt - 24 * 60 * 60_000
const holdMs = 300_000
const price = { R: 110_000, S: 90_000 }
export const fee = 1_000

type Bound = { reservationId: string; userId: string; showId: string; holdIds: string[]; seatIds: number[]; live: boolean }

/** A reservation service at its border: a seat service that remembers its holds, a concert with one price list. */
export async function openGround() {
  const db = await openTestDatabase(['reservation'])
  const clock = { ms: startedAt }
  const chance = { random: Math.random }
  const seat = createSeatAtBorder(clock)
  const shows = new Map<string, Partial<Show>>()
  const asked = { shows: 0 }
  const concert = {
    show: async ({ showId }: { showId: string }) => {
      asked.shows++
      return showAt(showId, shows.get(showId))
    },
  }
  const start = () => {
    const service = createReservation({ db, seat: seat.api, concert, now: () => clock.ms, newId: randomUUID, random: () => chance.random() })
    const api: Api<typeof reservationOperations> = local('reservation', reservationOperations, service.api)
    const runJobs = async () => {
      for (const job of service.jobs ?? []) await job.run()
    }
    return { service, api, runJobs }
  }
  const started = start()
  let version = 0
  const hear = async (name: string, data: Record<string, unknown>, key: string = randomUUID()) => {
    const event: Envelope = { producer: name.startsWith('seat') ? 'seat' : 'concert', name, key, version: ++version, occurredAt: clock.ms, data }
    const failures = await deliver(db, { name: 'reservation', on: started.service.on ?? {} }, [event])
    assert.deepEqual([...failures.values()], [])
  }
  return { db, clock, chance, seat, shows, asked, start, ...started, hear, close: () => db.close() }
}
export type Ground = Awaited<ReturnType<typeof openGround>>

function createSeatAtBorder(clock: { ms: number }) {
  const holds = new Map<string, { userId: string; showId: string; seatIds: number[]; until: number; planVersion: number }>()
  const bound = new Map<string, Bound>()
  const released: string[] = []
  const boundTo = (holdId: string) => [...bound.values()].find((b) => b.holdIds.includes(holdId))
  /** Holds these seats; odd ones are grade R, even ones S. */
  const hold = (userId: string, showId: string, seatIds: number[], planVersion = 1) => {
    const id = randomUUID()
    holds.set(id, { userId, showId, seatIds, until: clock.ms + holdMs, planVersion })
    return id
  }
  const api: Pick<SeatApi, 'reserve' | 'release' | 'deadlines'> = {
    reserve: async ({ reservationId, userId, holdIds }) => {
      const found = holdIds.map((id) => holds.get(id) ?? refuse('hold_unknown'))
      const [first] = found
      if (!first || found.some((one) => one.userId !== userId)) return refuse('hold_unknown')
      const already = boundTo(holdIds[0] ?? '')
      if (already && !already.live) return refuse('hold_ended')
      const seatIds = found.flatMap((one) => one.seatIds)
      const binding = already ?? { reservationId, userId, showId: first.showId, holdIds, seatIds, live: true }
      bound.set(binding.reservationId, binding)
      const seats = binding.seatIds.map((seatId) => ({
        seatId, section: '1층', row: 'A', number: String(seatId), grade: seatId % 2 === 1 ? 'R' : 'S', kind: 'seated' as const,
      }))
      return { reservationId: binding.reservationId, showId: first.showId, planVersion: first.planVersion, seats, until: first.until }
    },
    release: async ({ holdId }) => {
      released.push(holdId)
      const binding = boundTo(holdId)
      if (binding) binding.live = false
      return {}
    },
    deadlines: async ({ reservationIds }) => ({
      deadlines: reservationIds.flatMap((reservationId) => {
        const binding = bound.get(reservationId)
        const until = holds.get(binding?.holdIds[0] ?? '')?.until
        return binding?.live && until ? [{ reservationId, until, pinned: false }] : []
      }),
    }),
  }
  return { api, hold, bound, released }
}

function showAt(id: string, changes: Partial<Show> = {}): Show {
  return {
    id, concertId: id, organiserId: id, title: 'Openrun', venue: '', startsAt: showStartsAt, endsAt: showStartsAt + 7_200_000,
    timeZone: 'Asia/Seoul', currency: 'KRW', status: 'published' as never, paused: false, planVersion: 1,
    prices: [
      { grade: 'R', price: price.R, types: [{ name: 'student', price: 70_000, proofAtDoor: true }] },
      { grade: 'S', price: price.S },
    ],
    bookingFee: fee, ticketsPerUserMax: 4, policy: { version: 3, cutoffMinutesBeforeStart: 24 * 60 }, windows: [], totals: [],
    ...changes,
  }
}

type Who = { userId?: string; showId?: string }

/** A pending reservation of these seats. */
export async function reserve(ground: Ground, seatIds: number[], { userId = randomUUID(), showId = randomUUID() }: Who = {}) {
  return ground.api.create({ userId, holdIds: [ground.seat.hold(userId, showId, seatIds)] })
}

/** A paid one; answers the reservation as it stood before and the payment's keys. */
export async function confirm(ground: Ground, seatIds: number[], who: Who = {}) {
  const made = await reserve(ground, seatIds, who)
  const keys = paymentOf(made)
  await ground.api.pin(keys)
  await ground.api.confirm({ ...keys, paidAmount: made.total })
  return { made, keys, own: { reservationId: made.id, userId: made.userId } }
}

export const paymentOf = ({ id, userId }: Reservation) => ({ paymentId: randomUUID(), reservationId: id, userId })

/** The code a call is refused with; a value or another error fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  return (await fullRefusalOf(call)).code
}

export async function fullRefusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.then((value) => value, (error: unknown) => error)
  assert(isRefusal(answer), `not a refusal: ${answer instanceof Error ? answer.stack : JSON.stringify(answer)}`)
  return answer
}

export async function eventsOf(db: Database, key: string) {
  return db.rows<{ name: string; version: number; data: Record<string, unknown> }>(sql`
    select name, version, data from reservation.outbox where key = ${key} order by id`)
}

/** Every invariant of the schema holds. */
export async function assertSound({ db, clock }: Ground) {
  for (const check of reservationChecks) assert.deepEqual(await db.rows(check.query(clock.ms)), [], check.name)
}
