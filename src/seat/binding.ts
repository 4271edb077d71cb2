import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { disjoint } from '../platform/batch.ts'
import type { Tx } from '../platform/database.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { type Hold, seatLimits, type seatOperations } from './api.ts'
import { endHoldsNow } from './close.ts'
import type { SeatEnv } from './env.ts'
import { bindHolds, extendHolds, type HoldRow, lockTogether } from './store-taking.ts'
import { bumpShows, closedShows } from './store-pins.ts'
import { holdOutput, seatsOutput } from './view.ts'

type Ops = typeof seatOperations
type Own = { userId: string; holdId: string }

/** Two more minutes for a hold and all bound with it: at most ten times and 25 minutes in all. */
export async function extendMany(env: SeatEnv, inputs: Static<Ops['extend']['input']>[]): Promise<Answer<Hold>[]> {
  const now = env.now()
  const { refusals, rows } = await env.db.transaction(async (tx) => {
    const rows = await lockTogether(tx, inputs.map((input) => input.holdId))
    const closed = await closedShows(tx, [...new Set(rows.map((row) => row.showId))])
    const refusals = inputs.map((input) => whyNotExtended(input, rows, closed, now))
    const extended = new Map(inputs.flatMap((input, i) => (refusals[i] ? [] : groupOf(rows, input.holdId))).map((row) => [row.id, row]))
    const chosen = [...extended.values()]
    if (chosen.length > 0) {
      await extendHolds(tx, chosen.map((row) => row.id), seatLimits.extensionMs)
      const shows = [...new Set(chosen.map((row) => row.showId))]
      const versions = await bumpShows(tx, shows, true)
      if (versions.length < shows.length) throw new Refusal('show_closed')
      for (const { showId, version } of versions) tx.afterCommit(() => env.pictures.apply(showId, [], version))
    }
    for (const row of chosen) Object.assign(row, { until: row.until + seatLimits.extensionMs, extensions: row.extensions + 1 })
    return { refusals, rows }
  })
  return Promise.all(inputs.map(async (input, i) => refusals[i] ?? outputOf(env, rows.find((row) => row.id === input.holdId) as HoldRow)))
}

const outputOf = async (env: SeatEnv, row: HoldRow) => holdOutput(await env.pictures.of(row.showId), row)

/** A hold with all live ones of its reservation. */
function groupOf(rows: HoldRow[], holdId: string): HoldRow[] {
  const hold = rows.find((row) => row.id === holdId)
  return rows.filter((row) => row.endedReason === null && (row.id === holdId || (hold?.reservationId && row.reservationId === hold.reservationId)))
}

function whyNotExtended({ userId, holdId }: Own, rows: HoldRow[], closed: Set<string>, now: number): Refusal | undefined {
  const hold = rows.find((row) => row.id === holdId)
  if (!hold || hold.userId !== userId) return new Refusal('hold_unknown')
  if (hold.endedReason !== null || hold.until <= now) return new Refusal('hold_ended', { reason: hold.endedReason ?? 'expired' })
  const group = groupOf(rows, holdId)
  if (group.some((row) => row.pinnedBy !== null)) return new Refusal('payment_in_progress')
  if (closed.has(hold.showId)) return new Refusal('show_closed')
  const over = group.some((row) => row.extensions >= seatLimits.extensionsMax || row.until + seatLimits.extensionMs > row.heldAt + seatLimits.holdTotalMs)
  return over ? new Refusal('extension_limit', { extensionsMax: seatLimits.extensionsMax }) : undefined
}

/** Lets seats go; a bound hold takes its reservation with it. Releasing what has ended is done already. */
export async function releaseMany(env: SeatEnv, inputs: Own[]): Promise<Answer<Record<string, never>>[]> {
  return env.db.transaction(async (tx) => {
    const rows = await lockTogether(tx, inputs.map((input) => input.holdId))
    const answers = inputs.map(({ userId, holdId }): Answer<Record<string, never>> => {
      const hold = rows.find((row) => row.id === holdId)
      if (!hold || hold.userId !== userId) return new Refusal('hold_unknown')
      return groupOf(rows, holdId).some((row) => row.pinnedBy !== null) ? new Refusal('payment_in_progress') : {}
    })
    const ids = inputs.flatMap((input, i) => (answers[i] instanceof Refusal ? [] : groupOf(rows, input.holdId).map((row) => row.id)))
    if (ids.length > 0) await endHoldsNow(env, tx, [...new Set(ids)], 'released')
    return answers
  })
}

type ReserveInput = Static<Ops['reserve']['input']>
type Reserved = Static<Ops['reserve']['output']>
type Bound = { showId: string; planVersion: number; reservationId: string; seatIds: number[]; until: number }

/** Binds holds under one reservation with the latest deadline of all; whoever bound them first wins. */
export async function reserveMany(env: SeatEnv, inputs: ReserveInput[]): Promise<Answer<Reserved>[]> {
  const answers = new Map<ReserveInput, Answer<Bound>>()
  for (let open = inputs; open.length > 0; ) {
    const [first, rest] = disjoint(open, (input) => [`r${input.reservationId}`, ...input.holdIds])
    for (const [input, answer] of await env.db.transaction((tx) => reserveRound(env, tx, first))) answers.set(input, answer)
    open = rest
  }
  return Promise.all(inputs.map(async (input) => {
    const bound = answers.get(input) as Answer<Bound>
    if (bound instanceof Error) return bound
    const { seatIds, ...rest } = bound
    return { ...rest, seats: seatsOutput(await env.pictures.of(bound.showId), seatIds) }
  }))
}

async function reserveRound(env: SeatEnv, tx: Tx, inputs: ReserveInput[]): Promise<[ReserveInput, Answer<Bound>][]> {
  const rows = await lockTogether(tx, inputs.flatMap((input) => input.holdIds))
  const closed = await closedShows(tx, [...new Set(rows.map((row) => row.showId))])
  const bindings: { id: string; reservationId: string; until: number }[] = []
  const answers = inputs.map((input): [ReserveInput, Answer<Bound>] => {
    const decided = decideReserve(input, rows, closed, env.now())
    if (decided instanceof Refusal) return [input, decided]
    bindings.push(...decided.toBind.map((row) => ({ id: row.id, reservationId: decided.bound.reservationId, until: decided.bound.until })))
    return [input, decided.bound]
  })
  if (bindings.length > 0) {
    const bound = await bindHolds(tx, bindings)
    assert.equal(bound.length, bindings.length, 'holds bound')
  }
  return answers
}

function decideReserve(input: ReserveInput, rows: HoldRow[], closed: Set<string>, now: number): Refusal | { bound: Bound; toBind: HoldRow[] } {
  const own = input.holdIds.map((id) => rows.find((row) => row.id === id))
  if (own.some((row) => !row || row.userId !== input.userId)) return new Refusal('hold_unknown')
  const holds = own as HoldRow[]
  const showId = holds[0]?.showId ?? ''
  if (holds.some((row) => row.showId !== showId)) return new Refusal('holds_of_two_shows')
  const reservationId = holds.find((row) => row.reservationId !== null)?.reservationId ?? input.reservationId
  const already = rows.filter((row) => row.reservationId === reservationId)
  const answer = (members: HoldRow[]): Bound => ({
    showId, planVersion: members[0]?.planVersion ?? 0, reservationId, seatIds: members.flatMap((row) => row.seatIds).sort((a, b) => a - b),
    until: Math.max(...members.map((row) => row.until)),
  })
  const unbound = holds.filter((row) => row.reservationId === null)
  const ended = [...holds, ...already].find((row) => row.endedReason !== null && row.endedReason !== 'sold')
  if (ended) return new Refusal('hold_ended', { reason: ended.endedReason })
  if (unbound.length === 0) return { bound: answer(already), toBind: [] }
  if (already.some((row) => row.pinnedBy !== null || row.endedReason !== null)) return new Refusal('payment_in_progress')
  if (unbound.some((row) => row.until <= now)) return new Refusal('hold_ended', { reason: 'expired' })
  if (closed.has(showId)) return new Refusal('show_closed')
  const members = [...already, ...unbound]
  return { bound: answer(members), toBind: members }
}
