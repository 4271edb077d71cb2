import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Plan, ShowPublished } from '../concert/api.ts'
import { at, type Database } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import { deliver } from '../platform/inbox.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { createTokens } from '../platform/token.ts'
import type { PassClaims } from './api.ts'
import type { SeatEnv } from './env.ts'
import { freeCancelled } from './free.ts'
import { createPictures } from './picture.ts'
import { createMeter } from './pressure.ts'
import { showHandlers } from './show.ts'

/** For tests: a seat service's surroundings whose clock is a field, and shows and holds planted below its operations. */
export type Ground = SeatEnv & {
  clock: { now: number }
  hear(name: string, showId: string, data?: Record<string, unknown>): Promise<void>
  publish(plan?: Plan, more?: Partial<ShowPublished>): Promise<string>
  events(name: string): Promise<Record<string, unknown>[]>
  statuses(showId: string): Promise<number[]>
  close(): Promise<void>
}

const start = Date.UTC(2030, 0, 1)
export const day = 86_400_000

/** Four seats of grade R in one row (seat 1 accessible, 4 on the aisle) and two standing entries of grade S. */
export const smallPlan: Plan = {
  sections: [
    { name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 4, accessible: [1], aisle: [4] }] },
    { name: 'Floor', kind: 'standing', grade: 'S', capacity: 2 },
  ],
}

export async function openGround(): Promise<Ground> {
  const db = await openTestDatabase(['seat'])
  const clock = { now: start }
  const passes = createTokens<PassClaims>('pass', [{ id: 't', secret: 'a test secret of some length' }])
  const env: SeatEnv = { db, now: () => clock.now, newId: randomUUID, random: () => 0.5, passes, pictures: createPictures(db), meter: createMeter(randomUUID()) }
  const versions = new Map<string, number>()
  const on = { ...showHandlers(env), 'reservation.cancelled': (tx: Parameters<typeof freeCancelled>[1], events: Envelope[]) => freeCancelled(env, tx, events) }

  async function hear(name: string, key: string, data: Record<string, unknown> = {}) {
    const version = (versions.get(key) ?? 0) + 1
    versions.set(key, version)
    const producer = name.startsWith('show.') ? 'concert' : 'reservation'
    const occurredAt = clock.now
    const failures = await deliver(db, { name: 'seat', on }, [{ producer, name, key, version, occurredAt, data: { showId: key, ...data } }])
    for (const error of failures.values()) throw error
  }

  return {
    ...env,
    clock,
    hear,
    publish: async (plan = smallPlan, more = {}) => {
      const showId = more.showId ?? randomUUID()
      await hear('show.published', showId, showOf(plan, clock.now, { ...more, showId }))
      return showId
    },
    events: async (name) => (await db.rows<{ data: Record<string, unknown> }>(sql`
      select data from seat.outbox where name = ${name} order by id`)).map((row) => row.data),
    statuses: async (showId) => (await db.rows<{ status: number }>(sql`
      select status from seat.seats where show_id = ${showId} order by id`)).map((row) => row.status),
    close: () => db.close(),
  }
}

export function showOf(plan: Plan, now: number, more: Partial<ShowPublished>): ShowPublished {
  const window = { id: randomUUID(), name: 'general', opensAt: now, closesAt: now + 9 * day, audience: 'everyone' as const, sections: null, codeHashes: [] }
  return {
    showId: '', concertId: randomUUID(), organiserId: randomUUID(), planVersion: 1, plan, ticketsPerUserMax: 4,
    startsAt: now + 10 * day, endsAt: now + 10 * day + 7_200_000, windows: [window], ...more,
  }
}

export type Planted = { holdId: string; userId: string; reservationId: string; showId: string; seatIds: number[] }

/** A live hold, bound unless `reservationId` is null, as hold and reserve leave it behind. */
export async function plantHold(ground: Ground, showId: string, seatIds: number[], more: {
  userId?: string
  reservationId?: string | null
  until?: number
  kind?: string
} = {}): Promise<Planted> {
  const holdId = randomUUID()
  const { userId = randomUUID(), until = ground.now() + 300_000, kind = 'ordinary' } = more
  const reservationId = more.reservationId === undefined ? randomUUID() : more.reservationId
  await ground.db.transaction(async (tx) => {
    await tx.rows(sql`
      insert into seat.holds (id, show_id, user_id, kind, plan_version, seat_ids, until, held_at, reservation_id, request_hash)
      values (${holdId}, ${showId}, ${userId}, ${kind}, 1, ${seatIds}::int[], ${at(until)}, ${at(ground.now())},
        ${reservationId}, 'planted')`)
    const seats = await tx.rows(sql`
      update seat.seats set status = 1, hold_id = ${holdId}, version = version + 1
      where show_id = ${showId} and id = any(${seatIds}::int[]) and status = 0 returning id`)
    assert.equal(seats.length, seatIds.length)
    await tx.rows(sql`
      insert into seat.quotas as q (show_id, user_id, seats, seats_max) values (${showId}, ${userId}, ${seatIds.length}, 4)
      on conflict (show_id, user_id) do update set seats = q.seats + excluded.seats`)
    await tx.rows(sql`update seat.shows set version = version + 1 where show_id = ${showId}`)
  })
  ground.pictures.forget(showId)
  return { holdId, userId, reservationId: reservationId ?? '', showId, seatIds }
}

/** Ends a planted hold as release does. */
export async function endHold(ground: Ground, { holdId, showId, userId, seatIds }: Planted): Promise<void> {
  await ground.db.transaction(async (tx) => {
    await tx.rows(sql`update seat.holds set ended_reason = 'released', ended_at = ${at(ground.now())} where id = ${holdId}`)
    await tx.rows(sql`update seat.seats set status = 0, hold_id = null where hold_id = ${holdId}`)
    await tx.rows(sql`
      update seat.quotas set seats = seats - ${seatIds.length} where show_id = ${showId} and user_id = ${userId}`)
    await tx.rows(sql`update seat.shows set version = version + 1 where show_id = ${showId}`)
  })
  ground.pictures.forget(showId)
}

export const holdRow = async (db: Database, holdId: string) => {
  const [row] = await db.rows<{ until: number; pinnedBy: string | null; endedReason: string | null }>(sql`
    select until, pinned_by as "pinnedBy", ended_reason as "endedReason" from seat.holds where id = ${holdId}`)
  assert(row)
  return row
}

export const quotaRow = async (db: Database, { showId, userId }: { showId: string; userId: string }) => {
  const [row] = await db.rows<{ seats: number; passFloor: number }>(sql`
    select seats, pass_floor as "passFloor" from seat.quotas where show_id = ${showId} and user_id = ${userId}`)
  return row
}
