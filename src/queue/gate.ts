import { doEach } from '../platform/jobs.ts'
import type { Tx } from '../platform/database.ts'
import type { StockTold } from '../seat/api.ts'
import { fill } from './admission.ts'
import type { QueueEnv } from './env.ts'
import { calledOf, liveOf, type Show } from './line.ts'
import { type Paced, paceStep, roomOf, type SlowReason } from './pressure.ts'
import * as store from './store-gate.ts'
import { lockShow } from './store-lines.ts'

const stepMs = 1_000
/** a pressure nobody has repeated for so long is over */
const pressureFreshMs = 3_000
const showsPerRunMax = 200

/** How many may be called, inside and ending at once now, never more than the operator's cap, and what keeps it lower. */
export function limitOf(show: Show): { cap: number; reason: SlowReason | null } {
  if (show.pausedAt !== null) return { cap: 0, reason: 'operator' }
  const paced = Math.min(show.cap, show.paceCap ?? show.cap)
  if (show.room !== null && show.room < paced) return { cap: show.room, reason: 'seats' }
  return { cap: paced, reason: paced < show.cap ? show.paceReason : null }
}

/** Calls that the operator's rate leaves for now. The bucket holds what a second brings, and at least one. */
export function rateLeft({ ratePerMinute, rateTokens, rateAt }: Show, now: number): number {
  if (ratePerMinute === null) return Number.POSITIVE_INFINITY
  const brought = (Math.max(0, now - (rateAt ?? now)) * ratePerMinute) / 60_000
  return Math.min(Math.max(1, ratePerMinute / 60), rateTokens + brought)
}

/** Of the locked show: what was called is taken out of the bucket. */
export async function spendRate(tx: Tx, show: Show, calls: number, now: number): Promise<void> {
  if (show.ratePerMinute === null || calls === 0) return
  Object.assign(show, { rateTokens: rateLeft(show, now) - calls, rateAt: now })
  await store.spendRate(tx, show.showId, show.rateTokens, now)
}

/** What `seat.stock` told becomes the room that the seats justify; who waited for seats is called at once. */
export async function hearStock(env: QueueEnv, tx: Tx, told: StockTold): Promise<void> {
  const show = await lockShow(tx, told.showId)
  if (!show) return
  const count = (of: 'available' | 'total') => told.left.reduce((sum, grade) => sum + grade[of], 0)
  const room = roomOf({ available: count('available'), total: count('total'), taken: told.taken, seatsPerHold: told.pressure.seatsPerHold, called: calledOf(show) })
  const now = env.now()
  await store.setStock(tx, told, room, now)
  show.room = room
  await fill(tx, show, now)
}

/** The job behind back-pressure: a step a second and show, whichever process comes first. */
export async function pace(env: QueueEnv): Promise<void> {
  const showIds = await store.showsToPace(env.db, env.now() - stepMs, showsPerRunMax)
  await doEach(showIds, (showId) => env.db.transaction(async (tx) => {
    const show = await lockShow(tx, showId)
    const now = env.now()
    if (!show || (show.paceAt !== null && now - show.paceAt < stepMs)) return
    const fresh = show.pressure !== null && now - (show.pressureAt ?? 0) < pressureFreshMs
    const next = paceStep(show, { cap: show.cap, live: liveOf(show), pressure: fresh ? (show.pressure ?? undefined) : undefined, lagMs: env.lagMs?.() ?? 0 })
    await store.setPace(tx, showId, next, now)
    if (next.paceCap !== show.paceCap || next.paceReason !== show.paceReason) await tellPaced(tx, show, next, now)
    Object.assign(show, next)
    await fill(tx, show, now)
  }))
}

const tellPaced = (tx: Tx, show: Show, { paceCap, paceReason }: Paced, now: number) =>
  store.tellGate(tx, show.showId, 'paced', { cap: paceCap, reason: paceReason, live: liveOf(show) }, now)
