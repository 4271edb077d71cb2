import assert from 'node:assert/strict'
import type { Tx } from '../platform/database.ts'
import { doEach } from '../platform/jobs.ts'
import { queueLimits } from './api.ts'
import type { QueueEnv } from './env.ts'
import { limitOf, rateLeft, spendRate } from './gate.ts'
import { type Line, lineOf, liveOf, type Show } from './line.ts'
import { orderOf } from './draw-hash.ts'
import { openLobby, sealLobby, whatIsDue } from './lobby-phases.ts'
import * as lines from './store-lines.ts'
import * as places from './store-places.ts'

export type Called = { windowId: string; number: number; until: number }

const showsPerRunMax = 200
const stretchMin = 64
/** numbers of a roster looked at in one go; a job goes on with a line that so many in a row have left */
const rosterLooksMax = 8_192

/**
 * Opens, seals and closes what is due, each by a change of its row. The show is locked; closing is late, never early. A
 * sealed line is opened by its draw (draw.ts).
 */
export async function settlePhases(env: QueueEnv, tx: Tx, show: Show, now: number): Promise<void> {
  const changes: Line[] = []
  for (const line of show.lines) {
    const due = whatIsDue(line, now)
    if (due === undefined) continue
    if (due === 'closed') Object.assign(line, { closedReason: 'window_closed', closing: true })
    if (due === 'lobby') await openLobby(env, tx, line, now)
    if (due === 'sealed') await sealLobby(tx, line, now)
    changes.push(Object.assign(line, { phase: due }))
  }
  if (changes.length === 0) return
  const changed = await lines.setPhases(tx, changes)
  assert.equal(changed.length, changes.length, 'phases changed')
  for (const line of changes) line.epoch += 1
}

/**
 * Calls the next places while the show has free slots, by cap, pressure, seats and rate: woken ones first, then the line, by
 * rank. At most one chunk; a
 * job goes on. The show is locked, so the cap is exact and nobody who comes meanwhile passes a waiter.
 */
export async function fill(tx: Tx, show: Show, now: number): Promise<Called[]> {
  const called: Called[] = []
  if (show.pausedAt !== null || show.status === 'cancelled') return called
  const { cap } = limitOf(show)
  const rated = Math.floor(rateLeft(show, now))
  for (const line of show.lines.filter(({ phase }) => phase === 'open').sort((a, b) => a.opensAt - b.opensAt)) {
    const slots = Math.min(cap - liveOf(show), Math.min(rated, queueLimits.admitChunkMax) - called.length)
    if (slots <= 0) break
    for (const { number, until } of await callFrom(tx, line, slots, now)) called.push({ windowId: line.windowId, number, until })
  }
  await spendRate(tx, show, called.length, now)
  assert(called.length === 0 || liveOf(show) <= show.cap, `${liveOf(show)} live of at most ${show.cap}`)
  return called
}

/** Goes along the line in growing stretches until the slots are taken or the line ends: many may have left. */
async function callFrom(tx: Tx, line: Line, slots: number, now: number) {
  const until = { woken: now + queueLimits.wokenClaimMs, waiting: now + queueLimits.claimMs }
  const called: { number: number; until: number }[] = []
  const order = orderOf(line)
  for (let stretch = 2 * slots + stretchMin, looked = 0; ; stretch *= 2) {
    const wanted = slots - called.length
    // a stretch lies within the roster, whose numbers are drawn, or behind it, where they follow each other
    const drawn = line.seed !== null && line.admittedThrough < line.rosterCount
    const end = Math.min(drawn ? line.rosterCount : line.last, line.admittedThrough + (drawn ? Math.min(stretch, rosterLooksMax) : stretch))
    const numbers = drawn ? order.numbersBetween(line.admittedThrough + 1, end) : undefined
    const next = await places.callNext(tx, line, { through: end, numbers }, wanted, until, now)
    assert(next.length <= wanted, `called ${next.length} for ${wanted} slots`)
    // fewer than wanted: nobody waits up to the end of the stretch, those between have left
    const through = next.length < wanted ? end : Math.max(line.admittedThrough, ...next.map((place) => place.rank))
    if (next.length > 0 || through > line.admittedThrough) {
      const advanced = await lines.advance(tx, line.windowId, next.length, through)
      assert.equal(advanced.length, 1, 'line advanced')
    }
    Object.assign(line, { live: line.live + next.length, calledCount: line.calledCount + next.length, admittedThrough: through })
    called.push(...next)
    looked += numbers?.length ?? 0
    if (called.length === slots || through === line.last || looked >= rosterLooksMax) return called
  }
}

/** Frees slots, `count` by window, on the locked show. */
export async function freeSlots(tx: Tx, show: Show, windowIds: string[]): Promise<void> {
  for (const windowId of [...new Set(windowIds)].sort()) {
    const line = lineOf(show, windowId)
    const slots = windowIds.filter((id) => id === windowId).length
    assert(slots <= line.live, `freeing ${slots} of ${line.live} slots`)
    await lines.freeSlots(tx, windowId, slots)
    line.live -= slots
  }
}

/** The job that opens and closes lines by time; joining does it too, so that nobody waits for the job. */
export async function changePhases(env: QueueEnv): Promise<void> {
  const now = env.now()
  const showIds = await lines.showsDue(env.db, now, now - queueLimits.graceMs, showsPerRunMax)
  await doEach(showIds, (showId) => env.db.transaction(async (tx) => {
    const show = await lines.lockShow(tx, showId)
    if (!show) return
    await settlePhases(env, tx, show, env.now())
    await fill(tx, show, env.now())
  }))
}

/** The job that calls: most slots are filled where they become free, this one follows up. Answers how many it called. */
export async function admit(env: QueueEnv): Promise<number> {
  let called = 0
  const showIds = await lines.showsToAdmit(env.db, showsPerRunMax)
  await doEach(new Set(showIds), async (showId) => {
    called += await env.db.transaction(async (tx) => {
      const show = await lines.lockShow(tx, showId)
      return show ? (await fill(tx, show, env.now())).length : 0
    })
  })
  return called
}
