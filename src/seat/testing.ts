import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import type { Plan } from '../concert/api.ts'
import { type Answer, isRefusal } from '../platform/outcome.ts'
import type { Hold, PassClaims } from './api.ts'
import type { BestInput, HoldInput, NamedInput } from './asks.ts'
import { seatChecks } from './checks.ts'
import { afterOutage, beat } from './clock.ts'
import { holdMany } from './hold.ts'
import { type Ground, openGround } from './planting.ts'

export type HoldGround = Awaited<ReturnType<typeof openHoldGround>>

/** Rows of twenty seats of grade R, one such row of grade S in another section, and ten standing entries of grade F. */
export const hallPlan: Plan = {
  sections: [
    { name: 'A', kind: 'seated', grade: 'R', rows: [1, 2, 3].map((name) => ({ name: String(name), seats: 20 })) },
    { name: 'B', kind: 'seated', grade: 'S', rows: [{ name: '1', seats: 20 }] },
    { name: 'Floor', kind: 'standing', grade: 'F', capacity: 10 },
  ],
}
export const firstSeatOf = { A: 1, B: 61, Floor: 81 } as const

type More = Partial<Omit<NamedInput, 'kind' | 'showId' | 'seatIds'>>
type BestMore = Partial<Omit<BestInput, 'kind' | 'showId' | 'quantity'>>

/** A ground with passes and holds through the real operations. A user's session is named like the user. */
export async function openHoldGround() {
  const ground: Ground = await openGround()
  await afterOutage(ground) // the first beat

  const passFor = (userId: string, showId: string, more: Partial<PassClaims> = {}) =>
    ground.passes.sign({ userId, sessionId: userId, showId, windowId: randomUUID(), passNo: 1, sections: null, exp: ground.now() + 3_600_000, ...more })
  const gate = (showId: string, { userId = randomUUID(), ...more }: More | BestMore) =>
    ({ holdId: randomUUID(), userId, sessionId: userId, showId, pass: passFor(userId, showId), ...more })
  const wish = (showId: string, seatIds: number[], more: More = {}): HoldInput => ({ seatIds, ...gate(showId, more) } as NamedInput)
  const wishBest = (showId: string, quantity: number, more: BestMore = {}): HoldInput => ({ quantity, ...gate(showId, more) } as BestInput)
  const one = async (input: HoldInput): Promise<Answer<Hold>> => (await holdMany(ground, [input]))[0] as Answer<Hold>

  return {
    ...ground, passFor, wish, wishBest,
    many: (inputs: HoldInput[]) => holdMany(ground, inputs),
    take: (showId: string, seatIds: number[], more?: More) => one(wish(showId, seatIds, more)),
    best: (showId: string, quantity: number, more?: BestMore) => one(wishBest(showId, quantity, more)),
    held: async (showId: string, seatIds: number[], more?: More) => granted(await one(wish(showId, seatIds, more))),
    /** the jobs as a running process would have them in this time: a beat each second */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= 1_000) {
        ground.clock.now += Math.min(left, 1_000)
        await beat(ground)
      }
    },
    row: async (holdId: string) => {
      const [row] = await ground.db.rows<{ until: number; heldAt: number; extensions: number; reservationId: string | null; endedReason: string | null }>(sql`
        select until, held_at as "heldAt", extensions, reservation_id as "reservationId", ended_reason as "endedReason"
        from seat.holds where id = ${holdId}`)
      assert(row)
      return row
    },
    holdsIn: async (showId: string) =>
      (await ground.db.rows<{ n: number }>(sql`select count(*)::int as n from seat.holds where show_id = ${showId}`))[0]?.n,
    quotaOf: async (showId: string, userId: string) => {
      const [row] = await ground.db.rows<{ seats: number; last: number }>(sql`
        select seats, last_pass_held as last from seat.quotas where show_id = ${showId} and user_id = ${userId}`)
      return row
    },
    assertSound: async () => {
      for (const check of seatChecks) assert.deepEqual(await ground.db.rows(check.query(ground.now())), [], check.name)
    },
    /** the in-memory copy and the rows say the same */
    assertPictured: async (showId: string) =>
      assert.deepEqual([...(await ground.pictures.of(showId)).states], await ground.statuses(showId)),
  }
}

export function granted(answer: Answer<Hold> | undefined): Hold {
  assert(answer && !(answer instanceof Error), answer instanceof Error ? answer.message : 'an answer')
  return answer
}

export const codeOf = (answer: Answer<unknown> | undefined) => (isRefusal(answer) ? answer.code : answer instanceof Error ? 'unknown' : 'done')
export const paramsOf = (answer: Answer<unknown> | undefined) => (isRefusal(answer) ? answer.params : undefined)
