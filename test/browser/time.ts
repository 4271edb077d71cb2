import assert from 'node:assert/strict'
import type { Clock } from '../../src/platform/clock.ts'

/** Time that goes on by itself; stopped, it goes on by steps alone. It never goes back. */
export function createTime() {
  let ticking = Date.now
  let aheadMs = 0
  let stoppedAt: number | undefined
  const now = () => stoppedAt ?? ticking() + aheadMs
  return {
    now,
    over: (clock: Clock): Clock => {
      ticking = clock.now
      return { ...clock, now }
    },
    step: (ms: number) => {
      assert(stoppedAt !== undefined, 'time that ticks makes no steps')
      stoppedAt += ms
    },
    /** Answers how to let it go on, from where it then is. */
    stop: () => {
      stoppedAt = now()
      return () => {
        aheadMs = now() - ticking()
        stoppedAt = undefined
      }
    },
  }
}
