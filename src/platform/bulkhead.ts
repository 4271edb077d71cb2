import { Refusal } from './outcome.ts'

export type Bulkhead = {
  /** runs it now or in its turn; refuses `overloaded` when too many wait: nothing was begun */
  run: <T>(work: () => Promise<T>) => Promise<T>
  counts: () => { running: number; waiting: number }
}

/** Room of its own for one kind of work: at most `concurrencyMax` at once, at most `waitingMax` behind them, in order. */
export function createBulkhead({ concurrencyMax, waitingMax }: { concurrencyMax: number; waitingMax: number }): Bulkhead {
  const waiting: (() => void)[] = []
  let running = 0
  const leave = () => {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
  return {
    run: async (work) => {
      if (running < concurrencyMax) running++
      else if (waiting.length < waitingMax) await new Promise<void>((resolve) => waiting.push(resolve)) // it is given the room of who leaves
      else throw new Refusal('overloaded', { retryAfterSeconds: 1 })
      try {
        return await work()
      } finally {
        leave()
      }
    },
    counts: () => ({ running, waiting: waiting.length }),
  }
}
