import { AsyncLocalStorage } from 'node:async_hooks'

const until = new AsyncLocalStorage<number | undefined>()

/** Does what somebody waits for so many milliseconds: calls it makes are given no more, and what waits in a queue longer is not begun. */
export const withDeadline = <T>(ms: number, work: () => T): T => until.run(performance.now() + ms, work)

/** When whoever asked for this stops waiting, as `performance.now()` counts; undefined when nobody said. */
export const deadlineHere = (): number | undefined => until.getStore()

/** For work that outlives who asked for it. */
export const withoutDeadline = <T>(work: () => T): T => until.run(undefined, work)
