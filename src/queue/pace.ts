import { LRUCache } from 'lru-cache'
import { queueLimits } from './api.ts'
import { limitOf } from './gate.ts'
import type { Line, Show } from './line.ts'

type Sample = { at: number; count: number }
/** How fast a line moves, seen by this process: an estimate, so it is kept in memory only. */
export type Pace = {
  observe(line: Line, at: number): void
  /** places called a second */
  perSecond(show: Show, line: Line, at: number): number
}

const linesMax = 10_000
const rotateMs = 30_000
const measuredMs = 5_000

/** One estimate for every answer: calls of the last 30–60 s; before there are any, a cap of full passes. */
export function createPace(): Pace {
  const lines = new LRUCache<string, { older: Sample; newer: Sample }>({ max: linesMax })
  return {
    observe({ windowId, calledCount: count }, at) {
      const seen = lines.get(windowId)
      if (!seen) lines.set(windowId, { older: { at, count }, newer: { at, count } })
      else if (at - seen.newer.at >= rotateMs) lines.set(windowId, { older: seen.newer, newer: { at, count } })
    },
    perSecond(show, { windowId, calledCount }, at) {
      const { older } = lines.get(windowId) ?? { older: { at, count: calledCount } }
      const measured = at - older.at >= measuredMs ? (calledCount - older.count) / ((at - older.at) / 1000) : 0
      return measured > 0 ? measured : limitOf(show).cap / (queueLimits.passMs / 1000)
    },
  }
}
