import type { Pressure } from '../seat/api.ts'

/** Why fewer come in than the operator's cap allows; `operator` while the show is paused. */
export type SlowReason = 'payment' | 'server' | 'seats' | 'operator'
/** The cap under pressure and what is usual without it. */
export type Paced = { paceCap: number | null; paceReason: 'payment' | 'server' | null; usualHoldMs: number | null; usualPayMs: number | null }

const lagMaxMs = 200
const holdMs = { soft: 250, hard: 1_000 }
const payMs = { soft: 800, hard: 5_000 }
/** so many times what is usual is pressure, once it is noticeable at all */
const unusual = 4
const decrease = 0.6
/** steps from nothing to the cap: a step a second */
const recoverySteps = 20
const stepCapMax = 1_000
/** somebody must go through, or nobody would see that it is better */
const paceCapMin = 2

/**
 * One step of additive increase and multiplicative decrease, at most one a second. Pressed, the cap falls below those
 * who are in now, so that no one is called until some have left; unpressed it grows until it binds nobody. What is usual
 * is learnt only while nothing presses.
 */
export function paceStep(paced: Paced, { cap, live, pressure, lagMs }: { cap: number; live: number; pressure: Pressure | undefined; lagMs: number }): Paced {
  const reason = pressedBy(paced, pressure, lagMs)
  if (reason !== null) {
    const from = Math.min(paced.paceCap ?? cap, Math.max(live, paceCapMin))
    return { ...paced, paceCap: Math.min(cap, Math.max(paceCapMin, Math.floor(from * decrease))), paceReason: reason }
  }
  const learnt = { ...paced, usualHoldMs: usualAfter(paced.usualHoldMs, pressure?.holdP95Ms), usualPayMs: usualAfter(paced.usualPayMs, pressure?.payP95Ms) }
  if (paced.paceCap === null) return learnt
  const grown = paced.paceCap + Math.ceil(Math.min(cap, stepCapMax) / recoverySteps)
  return grown >= cap ? { ...learnt, paceCap: null, paceReason: null } : { ...learnt, paceCap: grown }
}

function pressedBy({ usualHoldMs, usualPayMs }: Paced, pressure: Pressure | undefined, lagMs: number): 'payment' | 'server' | null {
  if (pressure) {
    if (isSlow(pressure.payP95Ms, usualPayMs, payMs)) return 'payment'
    if (pressure.holdsShed > 0 || isSlow(pressure.holdP95Ms, usualHoldMs, holdMs) || pressure.lagMs > lagMaxMs) return 'server'
  }
  return lagMs > lagMaxMs ? 'server' : null
}

const isSlow = (ms: number | null, usual: number | null, { soft, hard }: { soft: number; hard: number }) =>
  ms !== null && (ms > hard || (usual !== null && ms > soft && ms > unusual * usual))

/** Moves a tenth of the way, so that one slow second is not what is usual. */
const usualAfter = (usual: number | null, ms: number | null | undefined) =>
  ms === null || ms === undefined ? usual : usual === null ? ms : Math.round(usual + (ms - usual) / 10)

/** How many more let in than the seats left are expected to need: some leave without one. */
const surplus = 1.25
const seatsPerHoldDefault = 2
/** calls before what they took is known */
const callsMin = 50
const takeMin = 0.25

/** How many hold the seats that are held. */
export const holdersOf = (taken: number, seatsPerHold: number | null) => Math.ceil(taken / perHoldOf(seatsPerHold))
const perHoldOf = (seatsPerHold: number | null) => Math.max(1, seatsPerHold ?? seatsPerHoldDefault)

/**
 * How many places may be called, inside and ending at once by the seats left: those who hold seats now, and as many
 * more as would take the rest. `take` is what a call took so far: seats not available any more, by everybody called.
 */
export function roomOf({ available, total, taken, seatsPerHold, called }: { available: number; total: number; taken: number; seatsPerHold: number | null; called: number }): number {
  const take = called < callsMin ? 1 : Math.min(perHoldOf(seatsPerHold), Math.max(takeMin, (total - available) / called))
  return holdersOf(taken, seatsPerHold) + Math.ceil((available * surplus) / take)
}
