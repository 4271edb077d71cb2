import { setTimeout as wait } from 'node:timers/promises'
import { type Fault, faults, type World } from './faults.ts'

/** `at` in seconds since the start; `tookMs` until everything was there again. One that `failed` was not done, or not made good again. */
export type Happened = { at: number; kind: string; what: string; tookMs: number; failed?: true }
export type Stall = { at: number; waitedMs: number }
type Options = {
  world: World
  until: number
  kinds: string[]
  /** after each heal window, when everything is there again */
  onHealed: () => Promise<void>
  say: (line: string) => void
}

const stormMs = 36_000
const gapMs = { low: 600, high: 4_500 }
const besideMax = 4
const progressMs = 45_000
const progressPollMs = 100

/** Breaks things for a while, then lets everything heal and demands that somebody buys; again and again. */
export async function rage({ world, until, kinds, onHealed, say }: Options): Promise<{ happened: Happened[]; stalls: Stall[] }> {
  const happened: Happened[] = []
  const stalls: Stall[] = []
  const startedAt = performance.now()
  const running = new Map<string, Promise<void>>()
  const chosen = faults.filter(({ kind, weight }) => (kinds.length > 0 ? kinds.includes(kind) : weight > 0))
  const since = () => Math.round((performance.now() - startedAt) / 100) / 10

  function inflict() {
    const fault = draw(chosen, world.random)
    const target = fault.hits(world)
    if (running.has(target) || running.size >= besideMax) return
    const begunAt = performance.now()
    const at = since()
    const done = (what: string, failed: { failed?: true } = {}) => {
      running.delete(target)
      happened.push({ at, kind: fault.kind, what, tookMs: Math.round(performance.now() - begunAt), ...failed })
      say(`${String(at).padStart(6)} s  ${fault.kind}: ${failed.failed ? 'FAILED ' : ''}${what}`)
    }
    running.set(target, fault.inflict(world, target).then(done, (error: unknown) => done(String(error), { failed: true })))
  }

  while (performance.now() < until) {
    for (const stormEnd = Math.min(until, performance.now() + stormMs); performance.now() < stormEnd; ) {
      inflict()
      await wait(Math.min(gapMs.low + world.random() * (gapMs.high - gapMs.low), Math.max(0, stormEnd - performance.now())))
    }
    await Promise.all(running.values())
    const waitedMs = await untilProgress(world)
    if (waitedMs === undefined) stalls.push({ at: since(), waitedMs: progressMs })
    say(`${String(since()).padStart(6)} s  healed: ${waitedMs === undefined ? 'NOBODY BOUGHT' : `somebody bought after ${Math.round(waitedMs)} ms`}, ${world.crowd.paidCount()} purchases so far`)
    await onHealed()
  }
  return { happened: happened.toSorted((a, b) => a.at - b.at), stalls }
}

/** How long it took until one more had bought. */
async function untilProgress({ crowd }: World): Promise<number | undefined> {
  const before = crowd.paidCount()
  for (const startedAt = performance.now(); performance.now() - startedAt < progressMs; await wait(progressPollMs))
    if (crowd.paidCount() > before) return performance.now() - startedAt
  return undefined
}

function draw(from: Fault[], random: () => number): Fault {
  const weightOf = ({ weight }: Fault) => weight || 1
  let left = random() * from.reduce((sum, fault) => sum + weightOf(fault), 0)
  for (const fault of from) {
    left -= weightOf(fault)
    if (left < 0) return fault
  }
  return from.at(-1) as Fault
}
