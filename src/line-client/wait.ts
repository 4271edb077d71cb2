export type Range = { low: number; high: number }

const spread = 0.25
const steps = [10, 20, 30, 60, 90, 120]

/** Whole tens of seconds up to two minutes, then minutes, from half an hour on five minutes. */
function step(seconds: number, up: boolean): number {
  const known = up ? steps.find((each) => each >= seconds) : steps.findLast((each) => each <= seconds)
  if (seconds <= 120 && known !== undefined) return known
  if (seconds < 10) return 0
  const unit = seconds < 1_800 ? 60 : 300
  return (up ? Math.ceil(seconds / unit) : Math.floor(seconds / unit)) * unit
}

const rangeOf = (seconds: number, doubt: number): Range => ({
  low: step(Math.max(0, seconds * (1 - spread) - doubt), false),
  high: step(seconds * (1 + spread), true),
})

/**
 * The waiting time as a range that stays put: it counts down with the clock and is made anew only when the estimate leaves
 * it, or has become much surer. `grew` tells that it did, for which a reason is owed. Undefined while nobody is called.
 */
export function createWait() {
  let shown: { range: Range; at: number } | undefined
  return (seconds: number | undefined, doubtSeconds: number, now: number): { range: Range | undefined; grew: boolean } => {
    if (seconds === undefined) {
      const grew = shown !== undefined
      shown = undefined
      return { range: undefined, grew }
    }
    const fresh = rangeOf(seconds, doubtSeconds)
    if (!shown) {
      shown = { range: fresh, at: now }
      return { range: fresh, grew: false }
    }
    const passed = (now - shown.at) / 1_000
    const [low, high] = [shown.range.low - passed, shown.range.high - passed]
    const isInside = seconds >= low && seconds <= Math.max(high, 10)
    const isSurer = fresh.high - fresh.low < (shown.range.high - shown.range.low) * 0.6
    if (isInside && !isSurer) return { range: { low: step(Math.max(0, low), false), high: step(Math.max(10, high), true) }, grew: false }
    const grew = seconds > Math.max(high, 10)
    shown = { range: fresh, at: now }
    return { range: fresh, grew }
  }
}
