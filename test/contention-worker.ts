import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Static } from 'typebox'
import { openPostgres } from '../src/platform/database.ts'
import { Refusal } from '../src/platform/outcome.ts'
import { createTokens } from '../src/platform/token.ts'
import { seeded } from '../src/crowd/random.ts'
import type { PassClaims, seatOperations } from '../src/seat/api.ts'
import { createSeat } from '../src/seat/service.ts'

/**
 * One of several processes that fight for the seats of a show: holds of random overlapping groups in random order,
 * replays, swaps, extensions, releases, payments that go through, fail or are cancelled, and a sweeper of its own.
 * Prints one line at the end: how often each act was done or refused, and everything that was neither.
 */
const { values: args } = parseArgs({
  options: {
    url: { type: 'string', default: '' }, show: { type: 'string', default: '' }, window: { type: 'string', default: '' },
    users: { type: 'string', default: '' }, seats: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' },
  },
})
const actorsCount = 64
const holdMs = 500
const showId = args.show
const userIds = args.users.split(',')
const seatsCount = Number(args.seats)
const random = seeded(Number(args.seed))
const nat = (below: number) => Math.floor(random() * below)

type HoldInput = Static<(typeof seatOperations)['hold']['input']>
const db = openPostgres(args.url, { connectionsMax: 6 })
const passes = createTokens<PassClaims>('pass', [{ id: 't', secret: 'p'.repeat(40) }])
const seat = createSeat({ db, passes, now: Date.now, newId: randomUUID, random, holdMs })
const endAt = Date.now() + Number(args.seconds) * 1_000
const counts: Record<string, number> = {}
const unexpected: string[] = []
let jobsRunning = true
const jobs = Promise.all((seat.jobs ?? []).filter(({ name }) => name !== 'seat.stock').map(async ({ name, everyMs, run }) => {
  while (jobsRunning) {
    await attempt(name, async () => void (await run()))
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}))
await Promise.all(Array.from({ length: actorsCount }, () => act()))
jobsRunning = false
await jobs
await db.close()
process.stdout.write(`${JSON.stringify({ counts, unexpected })}\n`)

async function act() {
  let last: HoldInput | undefined
  while (Date.now() < endAt) {
    const userId = userIds[nat(userIds.length)] as string
    const chance = random()
    if (last && chance < 0.15) await attempt('replay', () => seat.api.hold(last as HoldInput))
    else {
      const wish = wishOf(userId)
      const hold = await attempt('hold', () => seat.api.hold(wish))
      if (!hold) continue
      last = wish
      await goOn(userId, hold.id)
    }
  }
}

/** Seats come back within moments, so that the fight goes on: what is extended or unpinned would keep them for minutes. */
async function goOn(userId: string, holdId: string) {
  const chance = random()
  const release = (id: string) => attempt('release', () => seat.api.release({ userId, holdId: id }))
  if (chance < 0.1) return // left to the sweeper
  if (chance < 0.25) await attempt('extend', () => seat.api.extend({ userId, holdId, extensionId: randomUUID() }))
  else if (chance < 0.45) {
    const swapped = await attempt('swap', () => seat.api.hold({ ...wishOf(userId), replaces: holdId }))
    if (swapped) return void (await release(swapped.id))
  } else if (chance < 0.8) return buy(userId, holdId)
  await release(holdId)
}

async function buy(userId: string, holdId: string) {
  const reserved = await attempt('reserve', () => seat.api.reserve({ reservationId: randomUUID(), userId, holdIds: [holdId] }))
  if (!reserved) return
  const payment = { paymentId: randomUUID(), reservationId: reserved.reservationId, userId }
  const first = attempt('pin', () => seat.api.pin(payment))
  const again = random() < 0.3 ? attempt('pin again', () => seat.api.pin(payment)) : undefined
  const pinned = await first
  await again
  if (!pinned) return
  if (random() < 0.5) {
    await attempt('unpin', () => seat.api.unpin(payment))
    await attempt('release', () => seat.api.release({ userId, holdId }))
  } else {
    await attempt('sell', () => seat.api.sell(payment))
    await cancel(payment.reservationId, pinned.seatIds)
  }
}

/** The seats come back, so that the fight goes on. */
async function cancel(reservationId: string, seatIds: number[]) {
  const data = { reservationId, showId, seatIds }
  const event = { producer: 'reservation', name: 'reservation.cancelled', key: reservationId, version: 1, occurredAt: Date.now(), data }
  const free = seat.on?.['reservation.cancelled']
  // delivered as the bus does: again when it failed, which a deadlock would make it
  await attempt('free', () => db.transaction(async (tx) => free?.(tx, [event])))
}

function wishOf(userId: string): HoldInput {
  const sessionId = userId
  const pass = passes.sign({ userId, sessionId, showId, windowId: args.window, passNo: 1, sections: null, exp: Date.now() + 600_000 })
  const seatIds = [...new Set(Array.from({ length: 1 + nat(4) }, () => 1 + nat(seatsCount)))]
  const fallback = random() < 0.1 ? 'nearest' as const : 'none' as const
  return { userId, sessionId, showId, pass, holdId: randomUUID(), seatIds, fallback }
}

async function attempt<T>(what: string, call: () => Promise<T>): Promise<T | undefined> {
  const count = (end: string) => {
    counts[`${what} ${end}`] = (counts[`${what} ${end}`] ?? 0) + 1
  }
  try {
    const answer = await call()
    count('done')
    return answer
  } catch (error) {
    if (error instanceof Refusal) count(error.code)
    else unexpected.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`.slice(0, 500))
    return undefined
  }
}
