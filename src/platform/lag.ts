import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 20
const windowMs = 1_000

/** How late this process's event loop runs what is due: the 95th percentile of the last second, in milliseconds. */
export function openLag(): { lagMs: () => number; close: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  let lagMs = 0
  histogram.enable()
  const timer = setInterval(() => {
    // what is recorded is the time between two looks, so the wanted time between them is no delay
    lagMs = histogram.count === 0 ? windowMs : Math.max(0, histogram.percentile(95) / 1e6 - resolutionMs)
    histogram.reset()
  }, windowMs).unref()
  return {
    lagMs: () => lagMs,
    close: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
