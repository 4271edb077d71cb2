import { LRUCache } from 'lru-cache'
import type { Static } from 'typebox'
import { type LineFrame, stretchesOf } from '../line-client/api.ts'
import type { Reader } from '../platform/database.ts'
import { settle } from '../platform/outcome.ts'
import { type Frame as FrameSchema, lineChannel } from './api.ts'
import type { QueueEnv } from './env.ts'
import { documentOf } from './frame-document.ts'
import { limitOf } from './gate.ts'
import { choosingOf, type Line, liveOf, noLine, presentLine, type Show } from './line.ts'
import * as lines from './store-lines.ts'
import { leavers } from './store-places.ts'

export type Frame = Static<typeof FrameSchema>
/** `of` answers a frame at most a second old; `forget` makes the next one new; `told` was just read from what is stored. */
export type Frames = { of(showId: string): Promise<Frame>; forget(showId: string): void; told(frame: Frame): void }
export type Stock = { availability: Frame['availability']; left: number[] }

const freshMs = 1_000
const showsMax = 5_000
const gradesMax = 12

/**
 * The state of each show's line, at most a second old: a crowd that looks costs one read a second. Whatever is newly
 * read is told to every process that has readers, so that of several replicas one reads and all show the same.
 */
export function createFrames(env: QueueEnv): Frames {
  const cache = new LRUCache<string, { at: number; frame: Promise<Frame> }>({ max: showsMax })
  const told = (frame: Frame) => env.live.publish(lineChannel(frame.showId), frame.document)
  const read = async (showId: string) => {
    const frame = await readFrame(env, showId)
    told(frame)
    return frame
  }
  return {
    told,
    of(showId) {
      const now = env.now()
      const cached = cache.get(showId)
      if (cached && now - cached.at < freshMs) return cached.frame
      const frame = read(showId)
      cache.set(showId, { at: now, frame })
      frame.catch(() => cache.delete(showId)) // only answers are kept; the caller gets the failure
      return frame
    },
    forget: (showId) => void cache.delete(showId),
  }
}

async function readFrame(env: QueueEnv, showId: string): Promise<Frame> {
  const [[show], stock] = await Promise.all([lines.readShows(env.db, [showId]), stockOf(env, showId)])
  return show ? frameOf(env, env.db, show, stock) : settle<Frame>(await noLine(env, showId))
}

/** `live` counts all lines of the show, as the cap does. */
export async function frameOf(env: QueueEnv, db: Reader, show: Show, stock: Stock | undefined): Promise<Frame> {
  const line = presentLine(show)
  const now = env.now()
  env.pace.observe(show, now)
  const { showId, cap, pausedAt, ratePerMinute, leftByGrade: seatsLeft } = show
  const { windowId, epoch, phase, last, rosterCount, seed, admittedThrough, message, opensAt, closesAt } = line
  const paused = pausedAt !== null
  const moves = phase === 'open' && !paused && show.status === 'published'
  const rate = moves ? rounded(env.pace.perSecond(show, now)) : 0
  const gone = await goneOf(db, line)
  const availability = stock?.availability ?? null
  const left = stock?.left ?? []
  const choosing = choosingOf(show)
  const reason = reasonOf(show, line, availability)
  const at = new Date(now).toISOString()
  const document = documentOf({
    windowId, epoch, at, phase, last, admittedThrough, rate,
    ...(phase === 'open' || phase === 'closed' ? {} : { opensAt: new Date(opensAt).toISOString() }),
    ...(seed === null ? {} : { draw: [rosterCount, Buffer.from(seed, 'hex').toString('base64url')] as [number, string] }),
    ...(message === null ? {} : { message }),
    ...(reason === null ? {} : { reason }),
    ...(availability === null ? {} : { availability }),
    ...(choosing === 0 ? {} : { choosing }),
    ...(left.length === 0 ? {} : { left }),
    gone,
  }, env.signer.sign)
  return { showId, windowId, epoch, phase, last, rosterCount, seed, admittedThrough, live: liveOf(show), cap, paused, ratePerMinute, seatsLeft, message, opensAt, closesAt, at: now, rate, reason, choosing, availability, left, gone, document }
}

/** Why nobody is called, or so few, when that is not how lines go. */
function reasonOf(show: Show, line: Line, availability: LineFrame['availability'] | null): string | null {
  if (line.phase !== 'open') return null
  if (show.pausedAt !== null) return 'paused: operator'
  if (availability === 'all_held' && line.last > line.admittedThrough) return 'returns'
  const { reason } = limitOf(show)
  return reason && `slowed: ${reason}`
}

/** How many left before their turn, by stretches; before the line opens its order is not known. */
async function goneOf(db: Reader, line: Line): Promise<number[]> {
  if (line.phase !== 'open' || line.last === line.admittedThrough) return []
  const ends = stretchesOf(line.admittedThrough, line.last)
  const left = new Map((await leavers(db, line, ends.map((end) => end + 1))).map((row) => [row.stretch, row.left]))
  return ends.map((_, stretch) => left.get(stretch) ?? 0)
}

/** Undefined when the seat service does not tell: a frame without it is worth more than none. */
export async function stockOf(env: QueueEnv, showId: string): Promise<Stock | undefined> {
  const stocks = await env.seat.stock({ showIds: [showId] }).then((answer) => answer.stocks, () => [])
  const [stock] = stocks
  if (!stock) return undefined
  const left = stock.left.map((grade) => grade.available)
  const beyond = left.slice(gradesMax - 1)
  const told = left.length <= gradesMax ? left : [...left.slice(0, gradesMax - 1), beyond.reduce((sum, count) => sum + count, 0)]
  return { availability: stock.availability.state, left: told }
}

const rounded = (perSecond: number) => (perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toPrecision(2)))
