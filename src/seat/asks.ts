import type { Static } from 'typebox'
import { disjoint } from '../platform/batch.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { type Hold, type PassClaims, seatLimits, type seatOperations } from './api.ts'
import { claim, nearestTo, pickBest, type Stage, stageOf } from './best.ts'
import type { SeatEnv } from './env.ts'
import { passOf, sectionRefusal } from './gate.ts'
import { type Picture, type SeatInfo, statusCode } from './picture.ts'
import type { HoldRow } from './store-holds.ts'

export type NamedInput = Static<(typeof seatOperations)['hold']['input']>
export type BestInput = Static<(typeof seatOperations)['best']['input']>
export type HoldInput = NamedInput | BestInput
export const isBest = (input: HoldInput): input is BestInput => 'quantity' in input

/** A wish for seats; it is being decided as long as it has no answer. */
export type Ask = {
  answer: Answer<Hold> | undefined
  input: HoldInput
  hash: string
  /** when it was asked */
  at: number
  pass: PassClaims | Refusal
  /** the seats tried now: named by the buyer, or picked anew each round */
  seatIds: number[]
  source: 'named' | 'best' | 'nearest'
  /** how often a picked seat was lost to somebody else */
  losses: number
  /** the copy of the seats is not asked: a swap whose seats are taken by what it replaces, or seats its user let go a moment ago */
  isCleared: boolean
}
/** Why an ask got nothing so far: a look at what its user already holds decides whether that is the answer. */
export type Lost = { ask: Ask; why: Refusal | 'quota' | { taken: number[]; isFinal?: true } }

/** Tells requests under one hold id apart. Plainly named seats, which is what a rush asks for, are told by themselves. */
function hashOf(input: HoldInput, seatIds: number[]): string {
  if (isBest(input)) return requestHash({ quantity: input.quantity, grade: input.grade, section: input.section, together: input.together })
  const { replaces, fallback, together } = input
  const isPlain = replaces === undefined && fallback === undefined && together === undefined
  return isPlain ? `seats-${seatIds.join('-')}` : requestHash({ seatIds, replaces, fallback, together })
}

export function askOf(env: SeatEnv, input: HoldInput): Ask {
  const seatIds = isBest(input) ? [] : sorted(input.seatIds)
  return {
    answer: undefined, input, hash: hashOf(input, seatIds), at: env.now(), pass: passOf(env, input), seatIds,
    source: isBest(input) ? 'best' : 'named', losses: 0, isCleared: false,
  }
}

/**
 * The asks of the next round, in arrival order: no two share a seat, a user or a hold. Only order is decided here;
 * asks that the picture speaks against, or a quota found `full` before, are lost for now, the others wait. Picked seats
 * are disjoint from all before.
 */
export function arrange(picture: Picture, waiting: Ask[], full: ReadonlySet<string>): { ready: Ask[]; lost: Lost[] } {
  const lost: Lost[] = []
  const candidates: Ask[] = []
  const picks = waiting.some((ask) => ask.source !== 'named') ? stageOf(picture) : undefined
  for (const ask of waiting) {
    const why = inMemory(ask, picture) ?? (isFull(ask, full) ? 'quota' : undefined)
    if (why) {
      lost.push({ ask, why })
      continue
    }
    if (ask.source !== 'named' && picks) {
      const seatIds = pick(picks, ask)
      // seats that are only claimed by somebody before may come free again: then wait
      if (!seatIds && candidates.length === 0) lost.push({ ask, why: nothingLeft(ask, picture) })
      if (!seatIds) continue
      ask.seatIds = seatIds
    }
    if (picks) claim(picks, ask.seatIds)
    candidates.push(ask)
  }
  const [ready] = disjoint(candidates, keysOf)
  return { ready, lost }
}

/** A swap may need no more seats: its quota is decided with the replaced hold only. */
const isFull = (ask: Ask, full: ReadonlySet<string>) => replacedBy(ask) === undefined && full.has(ask.input.userId)

export const replacedBy = ({ input }: Pick<Ask, 'input'>) => (isBest(input) ? undefined : input.replaces)
export const countOf = ({ input }: Ask) => (isBest(input) ? input.quantity : input.seatIds.length)
export const sectionsOf = ({ pass }: Ask) => (pass instanceof Refusal ? null : pass.sections)
export const sorted = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)

type Held = Pick<HoldRow, 'id' | 'showId' | 'seatIds' | 'until' | 'heldAt' | 'extensions' | 'kind' | 'reservationId' | 'fellBack'>
export function toHold(row: Held, seats: readonly SeatInfo[]): Hold {
  const { id, showId, seatIds, until, heldAt, extensions, kind, reservationId, fellBack } = row
  const isSpent = kind === 'offer' || until >= heldAt + seatLimits.holdTotalMs
  return {
    id, showId, seatIds, seats: heldSeats(seatIds, seats), until, reservationId, fellBack,
    extensionsLeft: isSpent ? 0 : seatLimits.extensionsMax - extensions,
  }
}

export const heldSeats = (seatIds: readonly number[], seats: readonly SeatInfo[]): Hold['seats'] =>
  seatIds.flatMap((seatId) => {
    const seat = seats[seatId - 1]
    return seat ? [{ seatId, section: seat.section, row: seat.row, number: seat.number, grade: seat.grade, kind: seat.kind }] : []
  })

function inMemory(ask: Ask, picture: Picture): Lost['why'] | undefined {
  const { input, pass } = ask
  if (picture.status !== 'open' || picture.startsAt <= ask.at) return new Refusal('show_closed')
  if (!isBest(input)) {
    if (namesTwice(input.seatIds)) return new Refusal('request_invalid', { detail: 'seatIds: each seat once' })
    const unknown = input.seatIds.filter((id) => id > picture.seats.length)
    if (unknown.length > 0) return new Refusal('seat_unknown', { seatIds: unknown })
  }
  if (replacedBy(ask) === undefined) {
    if (pass instanceof Refusal) return pass
    const outside = outsideWindow(input, pass, picture)
    if (outside) return outside
  }
  if (countOf(ask) > picture.ticketsPerUserMax) return 'quota'
  if (ask.source !== 'named' || ask.isCleared) return undefined
  const taken = ask.seatIds.filter((id) => picture.states[id - 1] !== statusCode.available)
  return taken.length > 0 ? { taken } : undefined
}

const namesTwice = (ids: readonly number[]) => ids.length > 1 && new Set(ids).size < ids.length

function outsideWindow(input: HoldInput, pass: PassClaims, picture: Picture): Refusal | undefined {
  if (!isBest(input)) return sectionRefusal(pass, input.seatIds.map((id) => picture.seats[id - 1]))
  const { section } = input
  if (section === undefined) return undefined
  return sectionRefusal(pass, [picture.seats.find((seat) => seat.section === section)])
}

function pick(stage: Stage, ask: Ask): number[] | undefined {
  const { input } = ask
  const within = { sections: sectionsOf(ask), together: input.together !== false }
  if (!isBest(input)) return nearestTo(stage, sorted(input.seatIds), within)
  const { quantity: count, grade, section } = input
  return pickBest(stage, { ...within, count, ...(grade !== undefined && { grade }), ...(section !== undefined && { section }) })
}

function nothingLeft({ input }: Ask, picture: Picture): Lost['why'] {
  if (isBest(input)) return new Refusal('not_enough_seats')
  const taken = input.seatIds.filter((id) => picture.states[id - 1] !== statusCode.available)
  return { taken, isFinal: true }
}

/** Who asks twice under one hold id is one user, and has been given one answer before. */
function keysOf(ask: Ask): (string | number)[] {
  const { input, seatIds } = ask
  const replaces = replacedBy(ask)
  return replaces === undefined ? [...seatIds, input.userId] : [...seatIds, input.userId, replaces]
}
