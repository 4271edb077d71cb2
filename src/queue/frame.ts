import { LRUCache } from 'lru-cache'
import type { Static } from 'typebox'
import { settle } from '../platform/outcome.ts'
import type { Frame as FrameSchema } from './api.ts'
import type { QueueEnv } from './env.ts'
import { limitOf } from './gate.ts'
import { liveOf, noLine, presentLine, type Show } from './line.ts'
import * as lines from './store-lines.ts'

export type Frame = Static<typeof FrameSchema>
export type Frames = { of(showId: string): Promise<Frame>; forget(showId: string): void }

const freshMs = 1_000
const showsMax = 5_000

/** The state of each show's line, at most a second old: a crowd that looks costs one read a second. */
export function createFrames(env: QueueEnv): Frames {
  const cache = new LRUCache<string, { at: number; frame: Promise<Frame> }>({ max: showsMax })
  return {
    of(showId) {
      const now = env.now()
      const cached = cache.get(showId)
      if (cached && now - cached.at < freshMs) return cached.frame
      const frame = readFrame(env, showId)
      cache.set(showId, { at: now, frame })
      frame.catch(() => cache.delete(showId)) // only answers are kept; the caller gets the failure
      return frame
    },
    forget: (showId) => void cache.delete(showId),
  }
}

async function readFrame(env: QueueEnv, showId: string): Promise<Frame> {
  const [show] = await lines.readShows(env.db, [showId])
  return show ? frameOf(env, show) : settle<Frame>(await noLine(env, showId))
}

/** `live` counts all lines of the show, as the cap does. */
export function frameOf(env: QueueEnv, show: Show): Frame {
  const line = presentLine(show)
  env.pace.observe(line, env.now())
  const { showId, cap, pausedAt, ratePerMinute, leftByGrade: seatsLeft } = show
  const { windowId, epoch, phase, last, rosterCount, seed, admittedThrough, message, opensAt, closesAt } = line
  return { showId, windowId, epoch, phase, last, rosterCount, seed, admittedThrough, live: liveOf(show), cap, paused: pausedAt !== null, reason: limitOf(show).reason, ratePerMinute, seatsLeft, message, opensAt, closesAt, at: env.now() }
}
