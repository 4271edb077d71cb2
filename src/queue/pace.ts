import { LRUCache } from 'lru-cache'
import { queueLimits } from './api.ts'
import { limitOf } from './gate.ts'
import { calledOf, liveOf, type Show } from './line.ts'

type Sample = { at: number; called: number; live: number }
/** How fast the line of a show moves, seen by this process: an estimate, so it is kept in memory only. */
export type Pace = {
  observe(show: Show, at: number): void
  /** places called a second, once every slot is taken */
  perSecond(show: Show, at: number): number
  /** until the place behind so many others is called; null while nobody is */
  seconds(show: Show, ahead: number, at: number): number | null
}

const showsMax = 10_000
const rotateMs = 30_000
const measuredMs = 5_000

/**
 * One estimate for every answer: calls of the last 30–60 s into slots that had become free; before so much was seen, or
 * while nobody left, at least a cap of full passes. A call into a slot that nobody had yet is no pace: the hundreds who
 * come in at the opening say nothing of how soon the next of them leaves. All lines of a show share its slots.
 */
export function createPace(): Pace {
  const shows = new LRUCache<string, { older: Sample; newer: Sample }>({ max: showsMax })

  function perSecond(show: Show, at: number): number {
    const now = sampleOf(show, at)
    const { older } = shows.get(show.showId) ?? { older: now }
    const freed = now.called - older.called - Math.max(0, now.live - older.live)
    const measured = at - older.at >= measuredMs ? freed / ((at - older.at) / 1000) : 0
    const isKnown = measured > 0 && at - older.at >= rotateMs
    return Math.min(byOperator(show), isKnown ? measured : Math.max(measured, limitOf(show).cap / (queueLimits.passMs / 1000)))
  }

  return {
    observe(show, at) {
      const seen = shows.get(show.showId)
      if (seen && at - seen.newer.at < rotateMs) return
      const newer = sampleOf(show, at)
      shows.set(show.showId, { older: seen?.newer ?? newer, newer })
    },
    perSecond,
    seconds(show, ahead, at) {
      // slots that are still free wait for the operator's rate alone
      const isNext = show.ratePerMinute !== null && ahead < limitOf(show).cap - liveOf(show)
      const pace = isNext ? byOperator(show) : perSecond(show, at)
      return pace > 0 ? Math.ceil((ahead + 1) / pace) : null
    },
  }
}

const byOperator = ({ ratePerMinute }: Show) => (ratePerMinute === null ? Number.POSITIVE_INFINITY : ratePerMinute / 60)
const sampleOf = (show: Show, at: number): Sample => ({ at, called: calledOf(show), live: liveOf(show) })
