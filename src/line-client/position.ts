import { type LineFrame, stretchesOf } from './api.ts'

/**
 * How many wait ahead of a rank, at most: those between it and the admitted ones, less who left. Of the stretch in which
 * the rank itself lies only as many leavers are believed as cannot all be behind it. 0 when the line has come as far.
 */
export function aheadOf(frame: LineFrame, rank: number): number {
  const { admittedThrough, last, gone = [] } = frame
  let ahead = rank - 1 - admittedThrough
  if (ahead <= 0) return 0
  let from = admittedThrough
  for (const [stretch, end] of stretchesOf(admittedThrough, last).entries()) {
    const left = gone[stretch] ?? 0
    const behind = Math.max(0, end - rank)
    ahead -= Math.max(0, left - behind)
    from = end
    if (from >= rank) break
  }
  return Math.max(0, ahead)
}

/** How far `aheadOf` may be above the truth: the leavers of the stretch of this rank that are not believed. */
export function doubtOf(frame: LineFrame, rank: number): number {
  const ends = stretchesOf(frame.admittedThrough, frame.last)
  const stretch = ends.findIndex((end) => end >= rank)
  const left = frame.gone?.[stretch] ?? 0
  return Math.min(left, Math.max(0, (ends[stretch] ?? rank) - rank))
}
