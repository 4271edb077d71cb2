import { type Answer, Refusal } from '../platform/outcome.ts'
import type { Hold } from './api.ts'
import { type Ask, countOf, isBest, type Lost, replacedBy, sectionsOf, sorted, toHold } from './asks.ts'
import { alternativesTo, type Stage, stageOf } from './best.ts'
import type { SeatEnv } from './env.ts'
import type { Picture } from './picture.ts'
import { usersWhoLetGo } from './store-ending.ts'
import { type HoldRow, readHolds, readQuotas } from './store-holds.ts'

/** How often lost seats are picked anew in the same batch. */
const repicksMax = 3
/** A copy of the seats is not further behind than this. */
const letGoMs = 5_000
type Quota = { seats: number; seatsMax: number; passFloor: number }
type Known = { picture: Picture; byId: Map<string, HoldRow>; own: Map<string, HoldRow[]>; quotas: Map<string, Quota>; others: Others; full: Set<string>; letGo: Set<string> }
type Others = (ask: Ask) => number[][]

/**
 * What those who got nothing are told. One read for all: who asked before under this id, or holds these seats, has the
 * answer in that row. The others are refused, or stay unsettled to be picked other seats in the next round.
 */
export async function triage(env: SeatEnv, picture: Picture, lost: Lost[], full: Set<string>) {
  const { showId } = picture
  const usersOf = (some: Lost[]) => [...new Set(some.map(({ ask }) => ask.input.userId))]
  const rows = await readHolds(env.db, showId, lost.map(({ ask }) => ask.input.holdId), usersOf(lost))
  const doubtful = lost.filter(({ why }) => why === 'quota')
  const quotas = doubtful.length > 0 ? await readQuotas(env.db, showId, usersOf(doubtful)) : []
  const known: Known = {
    picture,
    byId: new Map(rows.map((row) => [row.id, row])),
    own: Map.groupBy(rows.filter((row) => row.endedReason === null && row.showId === showId), (row) => row.userId),
    quotas: new Map(quotas.map((quota) => [quota.userId, quota])),
    others: alternatives(picture),
    full,
    letGo: await whoLetGo(env, picture, lost),
  }
  for (const item of lost) {
    if (item.why === 'quota') full.add(item.ask.input.userId)
    item.ask.answer = madeBefore(item.ask, known) ?? heldAlready(item, known) ?? verdictOn(item, known)
  }
}

/** Who asks for seats that are taken in this process's copy, and let them go a moment ago: perhaps through another process. */
async function whoLetGo(env: SeatEnv, { showId, version }: Picture, lost: Lost[]): Promise<Set<string>> {
  const named = lost.filter((item) => isNamed(item))
  if (named.length === 0) return new Set()
  const [userIds, seatIds] = [named.map(({ ask }) => ask.input.userId), named.flatMap(({ ask }) => ask.seatIds)]
  return usersWhoLetGo(env.db, { showId, version, userIds, seatIds, since: env.now() - letGoMs })
}

/** Lost by the copy alone: no statement has looked at these seats yet. */
const isNamed = ({ ask, why }: Lost) => ask.source === 'named' && !ask.isCleared && typeof why === 'object' && 'taken' in why && why.isFinal === undefined

/** A repeat: the same thing, whose state may have moved on. */
function madeBefore({ input, hash }: Ask, { byId, picture }: Known): Answer<Hold> | undefined {
  const row = byId.get(input.holdId)
  if (!row) return undefined
  const isSame = row.userId === input.userId && row.showId === input.showId && row.requestHash === hash
  if (!isSame) return new Refusal('idempotency_conflict')
  return row.endedReason === null ? toHold(row, picture.seats) : new Refusal('hold_ended')
}

/** Exactly what one holds already is that hold; a part of it is for `replaces` to change. */
function heldAlready({ ask }: Lost, { own, picture }: Known): Answer<Hold> | undefined {
  const { input } = ask
  if (isBest(input)) return undefined
  const wanted = new Set(input.seatIds)
  const replaces = replacedBy(ask)
  const mine = own.get(input.userId) ?? []
  const replaced = new Set(groupOf(mine, replaces).map((hold) => hold.id))
  for (const hold of mine) {
    if (!hold.seatIds.some((id) => wanted.has(id))) continue
    const isExact = hold.seatIds.length === wanted.size && hold.seatIds.every((id) => wanted.has(id))
    if (isExact && (replaces === undefined || replaces === hold.id)) return toHold(hold, picture.seats)
    if (!replaced.has(hold.id)) return new Refusal('hold_exists', { holdId: hold.id })
  }
  return undefined
}

/** Undefined leaves the ask to the next round. */
function verdictOn({ ask, why }: Lost, known: Known): Refusal | undefined {
  if (why instanceof Refusal) return why
  if (why === 'quota') return quotaRefusal(ask, known)
  const { input } = ask
  const taken = byOthers(why.taken, ask, known)
  if (!ask.isCleared && ask.source === 'named' && (taken.length === 0 || known.letGo.has(input.userId))) {
    ask.isCleared = true
    return undefined
  }
  const isPicked = isBest(input) || input.fallback === 'nearest'
  // named seats that were lost are the reason to pick, only a pick that was lost counts
  if (isPicked && !why.isFinal && (ask.source === 'named' || ++ask.losses <= repicksMax)) {
    ask.source = isBest(input) ? 'best' : 'nearest'
    return undefined
  }
  return new Refusal('seat_taken', { taken, alternatives: known.others(ask) })
}

/** Judged on the row as it is now: when it leaves room by now, the next round decides. */
function quotaRefusal(ask: Ask, { quotas, picture, full }: Known): Refusal | undefined {
  const { input, pass } = ask
  const most = picture.ticketsPerUserMax
  const { seats, seatsMax, passFloor } = quotas.get(input.userId) ?? { seats: 0, seatsMax: most, passFloor: 0 }
  if (!(pass instanceof Refusal) && pass.passNo < passFloor) return new Refusal('pass_ended', { next: 'renew' })
  const count = countOf(ask)
  const isSwap = replacedBy(ask) !== undefined
  if (isSwap || seats + count > seatsMax || count > most) return new Refusal('quota_exceeded', { seats, seatsMax })
  full.delete(input.userId)
  return undefined
}

/** Seats of what is replaced are not taken for who replaces it. */
function byOthers(taken: number[], ask: Ask, { own }: Known): number[] {
  const group = groupOf(own.get(ask.input.userId) ?? [], replacedBy(ask))
  const seats = new Set(group.flatMap((hold) => hold.seatIds))
  return taken.filter((id) => !seats.has(id))
}

function groupOf(mine: HoldRow[], holdId: string | undefined): HoldRow[] {
  const hold = mine.find((row) => row.id === holdId)
  if (!hold) return []
  return hold.reservationId === null ? [hold] : mine.filter((row) => row.reservationId === hold.reservationId)
}

/** In a stampede thousands lose the same seats: their alternatives are looked for once. */
function alternatives(picture: Picture): Others {
  const found = new Map<string, number[][]>()
  let stage: Stage | undefined
  return (ask) => {
    const wanted = isBest(ask.input) ? ask.seatIds : sorted(ask.input.seatIds)
    const sections = sectionsOf(ask)
    const key = JSON.stringify([wanted, sections])
    stage ??= stageOf(picture)
    const known = found.get(key) ?? alternativesTo(stage, wanted, { sections })
    found.set(key, known)
    return known
  }
}

