import { createHash } from 'node:crypto'
import { Refusal } from '../platform/outcome.ts'
import type { Pressure } from '../seat/api.ts'
import type { QueueEnv } from './env.ts'
import { holdersOf, type Paced } from './pressure.ts'

export type Phase = 'announced' | 'lobby' | 'sealed' | 'open' | 'closed'
export type ClosedReason = 'window_closed' | 'line_closed' | 'show_cancelled'
/** A line's row. Who holds its lock keeps this copy in step with what it writes. */
export type Line = {
  windowId: string
  showId: string
  phase: Phase
  closedReason: ClosedReason | null
  closing: boolean
  /** from when fans gather to be drawn; null: places go by arrival */
  lobbyOpensAt: number | null
  /** end of the lobby, once it opened */
  sealsAt: number | null
  opensAt: number
  closesAt: number
  audience: 'everyone' | 'codes'
  sections: string[] | null
  last: number
  /** numbers 1…rosterCount were in the lobby when it was sealed */
  rosterCount: number
  /** of the draw, hex; null: the rank of a place is its number */
  seed: string | null
  /** a draw was promised: its commitment is out */
  committed: boolean
  /** a rank */
  admittedThrough: number
  calledCount: number
  live: number
  epoch: number
  message: string | null
}
/** A show with all its lines: they share one cap and are locked together. */
export type Show = Paced & {
  showId: string
  status: 'published' | 'cancelled'
  /** the operator's */
  cap: number
  pausedAt: number | null
  paceAt: number | null
  pressure: Pressure | null
  pressureAt: number | null
  availability: string | null
  seatsLeft: number | null
  leftByGrade: Record<string, number> | null
  /** seats held, pinned and returned; null until seat has told */
  taken: number | null
  room: number | null
  ratePerMinute: number | null
  rateTokens: number
  rateAt: number | null
  workBits: number
  lines: Line[]
}

/** The line the show's routes mean: the one open now, else the next to open, else the last one closed. */
export function presentLine(show: Show): Line {
  const latest = (a: Line, b: Line) => (b.opensAt > a.opensAt ? b : a)
  const soonest = (a: Line, b: Line) => (b.opensAt < a.opensAt ? b : a)
  const inPhase = (...phases: Phase[]) => show.lines.filter(({ phase }) => phases.includes(phase))
  // two windows that touch overlap by the grace of the first: who comes then means the second
  const open = inPhase('open', 'lobby', 'sealed')
  if (open.length > 0) return open.reduce(latest)
  const announced = inPhase('announced')
  return announced.length > 0 ? announced.reduce(soonest) : show.lines.reduce(latest)
}

/** Whether its places have ranks: all but those that wait for a draw. */
export const isRanked = ({ seed, committed, phase }: Line) => seed !== null || !committed || phase === 'open'

/** Slots taken up in all lines of the show: who came in by an earlier window counts. */
export const liveOf = (show: Show) => show.lines.reduce((sum, line) => sum + line.live, 0)

/** Calls in all lines of the show, again for whoever was woken. */
export const calledOf = (show: Show) => show.lines.reduce((sum, line) => sum + line.calledCount, 0)

/** Called or inside and holding nothing yet, about: seats that can be taken are theirs before they are anybody's who waits. */
export const choosingOf = (show: Show) => Math.max(0, liveOf(show) - holdersOf(show.taken ?? 0, show.pressure?.seatsPerHold ?? null))

export const lineOf = (show: Show, windowId: string): Line => {
  const line = show.lines.find((candidate) => candidate.windowId === windowId)
  if (!line) throw new Error(`line ${windowId} is not of show ${show.showId}`)
  return line
}

/** How concert hashes the codes of a window; codes are compared without case and outer blanks. */
export const codeHash = (windowId: string, code: string) =>
  createHash('sha256').update(`${windowId}:${code.trim().toUpperCase()}`).digest('base64url')

const nobody = '00000000-0000-0000-0000-000000000000'

/** Why there is no line: seat hears of a show at the same time, so a show it knows is about to be known here. */
export async function noLine(env: QueueEnv, showId: string): Promise<Refusal> {
  try {
    await env.seat.quota({ showId, userId: nobody })
    return new Refusal('show_preparing', { retryAfterSeconds: 1 })
  } catch (error) {
    if (error instanceof Refusal) return new Refusal(error.code === 'show_preparing' ? error.code : 'show_unknown', error.params)
    throw error
  }
}
