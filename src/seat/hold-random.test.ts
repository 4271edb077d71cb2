import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { sweep } from './clock.ts'
import { releaseMany, reserveMany } from './hold.ts'
import { pinMany, sellMany, unpinMany } from './pin.ts'
import { type HoldGround, openHoldGround } from './testing.ts'

let ground: HoldGround
before(async () => {
  ground = await openHoldGround()
})
after(() => ground.close())

const userIds = Array.from({ length: 5 }, () => randomUUID())
const seat = fc.integer({ min: 1, max: 14 })
const user = fc.nat(userIds.length - 1)
const wish = fc.record({ user, seatIds: fc.uniqueArray(seat, { minLength: 1, maxLength: 4 }), nearest: fc.boolean(), best: fc.boolean(), swap: fc.boolean() })
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('wishes' as const), wishes: fc.array(wish, { minLength: 1, maxLength: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'reserve' as const, 'pay' as const, 'undo' as const), user }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep' as const), ms: fc.integer({ min: 1_000, max: 200_000 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

const liveOf = (showId: string, userId: string) =>
  ground.db.rows<{ id: string; reservationId: string | null }>(sql`
    select id, reservation_id as "reservationId" from seat.holds
    where show_id = ${showId} and user_id = ${userId} and ended_reason is null order by id`)

async function play(showId: string, script: Step[]) {
  for (const act of script) {
    if (act.kind === 'wishes') {
      const inputs = await Promise.all(act.wishes.map(async ({ user: at, seatIds, nearest, best, swap }) => {
        const userId = userIds[at] as string
        if (best) return ground.wishBest(showId, seatIds.length, { userId, together: nearest })
        const [own] = swap ? await liveOf(showId, userId) : []
        return ground.wish(showId, seatIds, { userId, fallback: nearest ? 'nearest' : 'none', ...(own && { replaces: own.id }) })
      }))
      const answers = await ground.many(inputs)
      const again = await ground.many(inputs.slice(0, 1))
      if (!(answers[0] instanceof Error) && !(again[0] instanceof Error)) assert.equal(again[0]?.id, answers[0]?.id)
    } else if (act.kind === 'sweep') {
      ground.clock.now += act.ms
      await ground.db.rows(sql`update seat.heartbeats set beat_at = ${new Date(ground.now())}`)
      await sweep(ground)
    } else await live(showId, act.kind, userIds[act.user] as string)
    await ground.assertSound()
    await ground.assertPictured(showId)
  }
}

async function live(showId: string, kind: 'release' | 'reserve' | 'pay' | 'undo', userId: string) {
  const holds = await liveOf(showId, userId)
  const [first] = holds
  if (!first) return
  if (kind === 'release') await releaseMany(ground, [{ userId, holdId: first.id }])
  else if (kind === 'reserve') await reserveMany(ground, [{ reservationId: randomUUID(), userId, holdIds: holds.map((hold) => hold.id) }])
  else if (first.reservationId !== null) {
    const payment = { paymentId: randomUUID(), reservationId: first.reservationId, userId }
    const [pinned] = await pinMany(ground, [payment])
    if (!(pinned instanceof Error)) await (kind === 'pay' ? sellMany(ground, [payment]) : unpinMany(ground, [payment]))
  }
}

test('any script of holds, swaps, releases, reservations, payments and sweeps keeps seats = quotas = holds', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (script) => {
    const showId = await ground.publish({ sections: [
      { name: 'A', kind: 'seated', grade: 'R', rows: [{ name: '1', seats: 6 }, { name: '2', seats: 4 }] },
      { name: 'F', kind: 'standing', grade: 'F', capacity: 4 },
    ] })
    await play(showId, script)
  }), { numRuns: 25, seed: 20_300_101 })
})
