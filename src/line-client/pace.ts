import type { LineView } from './view.ts'

const pollMsMin = 1_000
const pollMsMax = 30_000
const hiddenMs = 60_000
/** whose turn is due asks for the place itself: frames say nothing more of it */
const dueMs = 5_000
/** who will be called within this is kept awake even in a hidden tab */
export const nearMs = 120_000

/** Milliseconds until the turn, or until the line opens; undefined when nobody can tell. */
export function distanceOf(view: LineView | undefined, now: number): number | undefined {
  if (!view || view.phase === 'closed') return undefined
  if (view.phase === 'open') return view.isDue ? 0 : view.wait ? view.wait.low * 1_000 : undefined
  return view.opensAt ? Math.max(0, Date.parse(view.opensAt) - now) : undefined
}

/**
 * How long to wait before asking again: a twentieth of the distance, 1 to 30 seconds, in a hidden tab a minute unless it is
 * near. Chance keeps the askers apart: without it those who came together would ask together for ever.
 */
export function pollMsOf(view: LineView | undefined, { now, random, isHidden }: { now: number; random: () => number; isHidden: boolean }): number {
  const distance = distanceOf(view, now)
  const isFar = distance === undefined || distance > nearMs
  const ms = distance === undefined ? pollMsMax / 3 : view?.isDue ? dueMs : Math.min(pollMsMax, Math.max(pollMsMin, distance / 20))
  return Math.round((isHidden && isFar ? hiddenMs : ms) * (0.7 + 0.6 * random()))
}
