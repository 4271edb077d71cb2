import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { inRounds } from '../platform/batch.ts'
import type { Tx } from '../platform/database.ts'
import { type Answer, Refusal, refuse } from '../platform/outcome.ts'
import { type Hold, seatLimits, type seatOperations } from './api.ts'
import { heldSeats, toHold } from './asks.ts'
import { endHolds } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, type SeatInfo } from './picture.ts'
import { bindHolds, extendHolds, readDeadlines } from './store-deadlines.ts'
import { type HoldRow, lockWhole, readHold, readLiveHolds } from './store-holds.ts'
import { bumpOpenShows, bumpShows, closedShows, untilNothingChanges } from './store-versions.ts'

type Input<Name extends keyof typeof seatOperations> = Static<(typeof seatOperations)[Name]['input']>
type Output<Name extends keyof typeof seatOperations> = Static<(typeof seatOperations)[Name]['output']>
type OfUser = { userId: string; holdId: string }
/** A hold with all that are bound together with it, locked. */
type Group = HoldRow[]

const holdsOfUserMax = 200

/**
 * Two more minutes for an ordinary hold and all that are bound together with it, at most ten times and 25 minutes in
 * all; the same `extensionId` gives them once. Refuses `hold_unknown`, `hold_ended`, `payment_in_progress`, `extension_limit`, `show_closed`.
 */
export async function extendMany(env: SeatEnv, inputs: Input<'extend'>[]): Promise<Answer<Hold>[]> {
  const rows = await inRounds(inputs, oneOfEachUser, (round) => untilNothingChanges(() => env.db.transaction((tx) => extendRound(env, tx, round))))
  return Promise.all(rows.map((row) => (row instanceof Error ? row : holdFrom(env, row))))
}

/**
 * Lets go of a hold and of all that are bound together with it, and with that of their reservation. What has ended
 * already is done; a hold that was bought is `hold_unknown`. Refuses `payment_in_progress`.
 */
export const releaseMany = (env: SeatEnv, inputs: Input<'release'>[]): Promise<Answer<Output<'release'>>[]> =>
  inRounds(inputs, oneOfEachUser, (round) => env.db.transaction((tx) => releaseRound(env, tx, round)))

/**
 * Binds free holds under one reservation with one deadline, the latest. If one of them is bound already it answers that
 * reservation as it stands and binds nothing more to it: its lines and prices are fixed. A reservation id that other
 * holds were bound to is an `idempotency_conflict`.
 */
export async function reserveMany(env: SeatEnv, inputs: Input<'reserve'>[]): Promise<Answer<Output<'reserve'>>[]> {
  const groups = await inRounds(inputs, oneOfEachUser, (round) => env.db.transaction((tx) => reserveRound(env, tx, round)))
  return Promise.all(groups.map(async (group) => {
    if (group instanceof Error) return group
    const [first] = group
    assert(first?.reservationId)
    const { reservationId, showId, planVersion } = first
    const seatIds = group.flatMap((hold) => hold.seatIds).sort((a, b) => a - b)
    const seats = heldSeats(seatIds, await seatsOf(env, first))
    return { reservationId, showId, planVersion, seats, until: Math.max(...group.map((hold) => hold.until)) }
  }))
}

/** One's own hold while it lives; refuses `hold_unknown`, `hold_ended`. */
export async function holdOf(env: SeatEnv, { userId, holdId }: OfUser): Promise<Hold> {
  const row = await readHold(env.db, holdId)
  if (row?.userId !== userId) return refuse('hold_unknown')
  return row.endedReason === null ? holdFrom(env, row) : refuse('hold_ended')
}

/** Live holds of a user, oldest first, of one show or of all. */
export async function holdsOf(env: SeatEnv, { userId, showId }: Input<'holdsOf'>): Promise<Output<'holdsOf'>> {
  const rows = await readLiveHolds(env.db, userId, showId ?? null, holdsOfUserMax)
  return { holds: await Promise.all(rows.map((row) => holdFrom(env, row))) }
}

/** The deadlines of these reservations; those whose holds have ended are left out. */
export const deadlines = async (env: SeatEnv, { reservationIds }: Input<'deadlines'>): Promise<Output<'deadlines'>> => ({
  deadlines: await readDeadlines(env.db, reservationIds),
})

async function extendRound(env: SeatEnv, tx: Tx, inputs: Input<'extend'>[]): Promise<Answer<HoldRow>[]> {
  const rows = await lockWhole(tx, inputs.map((input) => input.holdId))
  const closed = await closedShows(tx, [...new Set(rows.map((row) => row.showId))])
  const found = inputs.map((input) => {
    const group = ownGroup(rows, input)
    const code = group instanceof Refusal || isRepeat(group, input) ? undefined : extendRefusal(group, closed)
    return code ? new Refusal(code) : group
  })
  const longer = found.flatMap((group, index) => {
    const input = inputs[index]
    if (!input || group instanceof Refusal || isRepeat(group, input)) return []
    return group.map((hold) => ({ ...extended(hold, group), extensionId: input.extensionId ?? null }))
  })
  if (longer.length > 0) {
    await extendHolds(tx, longer)
    const showIds = [...new Set(longer.map((hold) => hold.showId))]
    applyAfterCommit(tx, env.pictures, await bumpOpenShows(tx, showIds), [])
  }
  return found.map((group, index) => {
    if (group instanceof Refusal) return group
    const row = [...longer, ...group].find((hold) => hold.id === inputs[index]?.holdId)
    assert(row)
    return row
  })
}

function extendRefusal(group: Group, closed: Set<string>): string | undefined {
  if (group.some((hold) => hold.pinnedBy !== null)) return 'payment_in_progress'
  if (group.some((hold) => closed.has(hold.showId))) return 'show_closed'
  const isSpent = group.some((hold) =>
    hold.kind === 'offer' || hold.extensions >= seatLimits.extensionsMax || hold.until >= endMax(group))
  return isSpent ? 'extension_limit' : undefined
}

const endMax = (group: Group) => Math.min(...group.map((hold) => hold.heldAt)) + seatLimits.holdTotalMs
const isRepeat = (group: Group, { extensionId }: Input<'extend'>) =>
  extensionId !== undefined && group.some((hold) => hold.extensionIds.includes(extensionId))
const extended = (hold: HoldRow, group: Group): HoldRow => ({
  ...hold,
  until: Math.min(hold.until + seatLimits.extensionMs, endMax(group)),
  extensions: hold.extensions + 1,
})

async function releaseRound(env: SeatEnv, tx: Tx, inputs: Input<'release'>[]): Promise<Answer<Output<'release'>>[]> {
  const rows = await lockWhole(tx, inputs.map((input) => input.holdId))
  const found = inputs.map((input) => {
    const group = ownGroup(rows, input)
    if (!(group instanceof Refusal)) return group.some((hold) => hold.pinnedBy !== null) ? new Refusal('payment_in_progress') : group
    const isGone = group.code === 'hold_ended' && rows.find((row) => row.id === input.holdId)?.endedReason !== 'sold'
    return isGone ? [] : new Refusal('hold_unknown')
  })
  await endHolds(env, tx, found.flatMap((group) => (group instanceof Refusal ? [] : group)), 'released')
  return found.map((group) => (group instanceof Refusal ? group : {}))
}

async function reserveRound(env: SeatEnv, tx: Tx, inputs: Input<'reserve'>[]): Promise<Answer<Group>[]> {
  const rows = await lockWhole(tx, inputs.flatMap((input) => input.holdIds), inputs.map((input) => input.reservationId))
  const closed = await closedShows(tx, [...new Set(rows.map((row) => row.showId))])
  const found = inputs.map((input) => reserveOne(rows, input, closed, env.now()))
  const fresh = found.flatMap((bound) => (bound instanceof Refusal || !bound.isFresh ? [] : bound.group))
  if (fresh.length > 0) await bindHolds(tx, fresh)
  const was = new Map(rows.map((row) => [row.id, row]))
  const moved = fresh.filter(({ id, until, kind }) => was.get(id)?.until !== until || was.get(id)?.kind !== kind)
  // another end is another version of the show; a hold bound as it was costs nobody one
  if (moved.length > 0) applyAfterCommit(tx, env.pictures, await bumpShows(tx, [...new Set(moved.map((hold) => hold.showId))]), [])
  return found.map((bound) => (bound instanceof Refusal ? bound : bound.group))
}

type Bound = HoldRow & { reservationId: string }

function reserveOne(rows: HoldRow[], input: Input<'reserve'>, closed: Set<string>, now: number): Refusal | { group: Bound[]; isFresh: boolean } {
  const { holdIds, reservationId, userId } = input
  const listed = holdIds.map((id) => rows.find((row) => row.id === id))
  if (listed.some((hold) => hold?.userId !== userId)) return new Refusal('hold_unknown')
  const holds = listed.filter((hold) => hold !== undefined)
  if (new Set(holds.map((hold) => hold.showId)).size > 1) return new Refusal('holds_of_two_shows')
  if (holds.some((hold) => hold.endedReason !== null)) return new Refusal('hold_ended')
  const first = holds.find((hold) => hold.reservationId !== null)?.reservationId
  if (first) return { group: rows.flatMap((row) => (row.reservationId === first ? [{ ...row, reservationId: first }] : [])), isFresh: false }
  if (holds.some((hold) => closed.has(hold.showId))) return new Refusal('show_closed')
  if (rows.some((row) => row.reservationId === reservationId)) return new Refusal('idempotency_conflict')
  // accepting an offer leaves time to pay
  const leasts = holds.map((hold) => (hold.kind === 'offer' ? now + seatLimits.holdMs : hold.until))
  const until = Math.max(...leasts, ...holds.map((hold) => hold.until))
  return { group: holds.map((hold) => ({ ...hold, kind: 'ordinary', reservationId, until })), isFresh: true }
}

/** The user's live hold with all that are bound together with it, of rows that `lockWhole` gave. */
function ownGroup(rows: HoldRow[], { userId, holdId }: OfUser): Group | Refusal {
  const hold = rows.find((row) => row.id === holdId)
  if (hold?.userId !== userId) return new Refusal('hold_unknown')
  if (hold.endedReason !== null) return new Refusal('hold_ended')
  return hold.reservationId === null ? [hold] : rows.filter((row) => row.reservationId === hold.reservationId)
}

/** Holds that are bound together are one user's: a round takes one ask of each user. */
const oneOfEachUser = { keys: (input: { userId: string }) => [input.userId] }

const holdFrom = async (env: SeatEnv, row: HoldRow) => toHold(row, await seatsOf(env, row))

/** The seats of the plan a live hold was made from: the plan cannot change under it, only our copy can be old. */
async function seatsOf({ pictures }: SeatEnv, { showId, planVersion }: HoldRow): Promise<readonly SeatInfo[]> {
  const picture = await pictures.of(showId)
  if (picture.planVersion === planVersion) return picture.seats
  pictures.forget(showId)
  return (await pictures.of(showId)).seats
}
