import type { LineFrame } from './api.ts'
import { coverOf, createOdds, createTake, type Odds } from './odds.ts'
import { aheadOf, doubtOf } from './position.ts'
import { createWait, type Range } from './wait.ts'

export type LineView = {
  phase: LineFrame['phase']
  /** how many are ahead; never grows. Null before the order is known */
  position: number | null
  /** the turn may have come: GET …/queue/me tells */
  isDue: boolean
  /** seconds until the turn; null while nobody is called */
  wait: Range | null
  /** the waiting time became longer: `reason` says why, as far as the line does */
  grew: boolean
  odds: Odds | null
  /** seats that can be taken now */
  seats: number | null
  availability: LineFrame['availability'] | null
  reason: string | null
  message: string | null
  opensAt: string | null
  /** milliseconds since this was true, by the clock of who looks */
  ageMs: number
}

/** Of two frames the one that says more: a later phase of the same line, else the later one. */
export const isNewer = (a: LineFrame, b: LineFrame) =>
  a.windowId !== b.windowId || a.epoch === b.epoch ? Date.parse(a.at) > Date.parse(b.at) : a.epoch > b.epoch

/** a frame that says how the line stands says nothing of the wait for longer than this */
const growingShownMs = 60_000

/**
 * What one waiter sees: computed from frames that are the same for everybody. `rank` is the place in the order of the
 * line; a new line or a new rank is a new view. Frames that are older than one seen before change nothing.
 */
export function createView(rankOf: (frame: LineFrame) => number | undefined) {
  const [oddsOf, takeOf, waitOf] = [createOdds(), createTake(), createWait()]
  let newest: LineFrame | undefined
  let heardAt = 0
  let position = Number.POSITIVE_INFINITY
  let grewAt = Number.NEGATIVE_INFINITY
  let view: LineView | undefined

  function see(frame: LineFrame, now: number): LineView {
    const rank = frame.phase === 'open' ? rankOf(frame) : undefined
    const ahead = rank === undefined ? undefined : Math.min(position, aheadOf(frame, rank))
    position = ahead ?? position
    const seats = frame.left?.reduce((sum, count) => sum + count, 0)
    const take = seats === undefined ? undefined : takeOf(frame.admittedThrough, seats)
    const seconds = ahead === undefined || frame.rate <= 0 ? undefined : (ahead + 1) / frame.rate
    const { range, grew } = waitOf(seconds, rank === undefined || frame.rate <= 0 ? 0 : doubtOf(frame, rank) / frame.rate, now)
    if (grew) grewAt = now
    return {
      phase: frame.phase, position: ahead ?? null, isDue: rank !== undefined && rank <= frame.admittedThrough,
      wait: range ?? null, grew: now - grewAt < growingShownMs, seats: seats ?? null,
      odds: ahead === undefined || seats === undefined || take === undefined ? null : oddsOf(frame.availability === 'sold_out' ? 0 : coverOf(seats, ahead + (frame.choosing ?? 0), take), now),
      availability: frame.availability ?? null, reason: frame.reason ?? null, message: frame.message ?? null, opensAt: frame.opensAt ?? null, ageMs: 0,
    }
  }

  return {
    hear(frame: LineFrame, now: number) {
      if (newest && !isNewer(frame, newest)) return
      newest = frame
      heardAt = now
      view = see(frame, now)
    },
    /** what …/queue/me said, which is exact */
    know(exact: number) {
      position = Math.min(position, exact)
      if (view?.position != null) view = { ...view, position: Math.min(view.position, exact) }
    },
    at: (now: number): LineView | undefined => view && { ...view, ageMs: Math.max(0, now - heardAt) },
    frame: () => newest,
  }
}
