import assert, { AssertionError } from 'node:assert/strict'
import type { Static } from 'typebox'
import { inRounds } from '../platform/batch.ts'
import type { Tx } from '../platform/database.ts'
import * as heartbeat from '../platform/heartbeat.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { seatLimits, type seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, statusCode } from './picture.ts'
import * as store from './store-pins.ts'
import { bumpOpenShows, bumpShows, closedShows, pausedShows, untilNothingChanges } from './store-versions.ts'

type Input<Name extends 'pin' | 'unpin' | 'sell'> = Static<(typeof seatOperations)[Name]['input']>
type Output<Name extends 'pin' | 'unpin' | 'sell'> = Static<(typeof seatOperations)[Name]['output']>
type Holds = Map<string, store.BoundHold[]>
type Pinned = Omit<store.PinRow, 'showId' | 'status' | 'refusal'> & { showId: string; holds: store.BoundHold[] }

/**
 * Pins all seats of a reservation for a payment, or none: its holds are live, complete, within their `until` (a
 * pause and an outage stop that clock) and not pinned by another payment. The first answer of a payment is final and stands in seat.pins, refusals included:
 * `hold_expired`, `payment_in_progress`, `show_closed`; a payment undone before answers `payment_undone`.
 */
export const pinMany = (env: SeatEnv, inputs: Input<'pin'>[]): Promise<Answer<Output<'pin'>>[]> =>
  inRounds(inputs, { keys: keysOf }, (round) => untilNothingChanges(() => env.db.transaction((tx) => pinRound(env, tx, round))))

/**
 * Ends a pin without a sale: the seats are held again, for at least two minutes. Written even if the pin never came,
 * so that it cannot come later. Answers `sold` when the payment went through after all.
 */
export const unpinMany = (env: SeatEnv, inputs: Input<'unpin'>[]): Promise<Answer<Output<'unpin'>>[]> =>
  inRounds(inputs, { keys: keysOf }, (round) => untilNothingChanges(() => env.db.transaction((tx) => unpinRound(env, tx, round))))

/** Pinned to sold. Repeats answer the same; a payment that is not pinned here is a bug of the caller. */
export const sellMany = (env: SeatEnv, inputs: Input<'sell'>[]): Promise<Answer<Output<'sell'>>[]> =>
  inRounds(inputs, { keys: keysOf }, (round) => env.db.transaction((tx) => sellRound(env, tx, round)))

async function pinRound(env: SeatEnv, tx: Tx, inputs: Input<'pin'>[]): Promise<Answer<Output<'pin'>>[]> {
  const now = env.now()
  const { holds, rows } = await lockRound(tx, inputs)
  const news = inputs.filter((input) => !rows.has(input.paymentId))
  const refusals = await decide(tx, news, holds, now)
  const pinned = news.flatMap((input) => (refusals.has(input.paymentId) ? [] : [pinnedOf(input, holds)]))
  const firsts = [...pinned.map((pin) => ({ ...pin, status: 'pinned' as const, refusal: null })), ...refusedOf(news, refusals)]
  if (pinned.length > 0) {
    await move(env, tx, pinned, statusCode.held, statusCode.pinned, () => [
      store.pinHolds(tx, pinned.flatMap((p) => p.holds.map(({ id }) => ({ id, paymentId: p.paymentId })))),
      store.insertPins(tx, firsts, now),
    ])
  } else await store.insertPins(tx, firsts, now)
  return inputs.map((input) => {
    const row = rows.get(input.paymentId)
    if (!row) return refusals.get(input.paymentId) ?? answerOf(pinnedOf(input, holds))
    if (!isSame(row, input)) return new Refusal('idempotency_conflict')
    if (row.status === 'unpinned' || !row.showId) return new Refusal(row.refusal ?? 'payment_undone')
    return answerOf({ ...row, showId: row.showId, holds: holds.get(input.reservationId) ?? [] })
  })
}

/** Refusals by payment; a payment that is missing in the answer may pin. */
async function decide(tx: Tx, inputs: Input<'pin'>[], holds: Holds, now: number) {
  const refusals = new Map<string, Refusal>()
  const clocks = await clocksOf(tx, inputs.flatMap((input) => holds.get(input.reservationId) ?? []), now)
  const sound = inputs.filter((input) => {
    const code = refusalOf(input, holds.get(input.reservationId) ?? [], (showId) => clocks.get(showId) ?? now)
    if (code) refusals.set(input.paymentId, new Refusal(code))
    return !code
  })
  if (sound.length === 0) return refusals
  const wanted = sound.map((input) => pinnedOf(input, holds))
  const [locked, closed] = await Promise.all([
    store.lockSeats(tx, wanted.flatMap(seatKeys)), closedShows(tx, wanted.map((pin) => pin.showId)),
  ])
  const seats = new Map(locked.map((seat) => [keyOf(seat), seat]))
  for (const { paymentId, showId, holds: bound } of wanted) {
    const whole = bound.every((hold) => hold.seatIds.every((seatId) => {
      const seat = seats.get(keyOf({ showId, seatId }))
      return seat?.status === statusCode.held && seat.holdId === hold.id
    }))
    if (closed.has(showId)) refusals.set(paymentId, new Refusal('show_closed'))
    else if (!whole) refusals.set(paymentId, new Refusal('hold_expired'))
  }
  return refusals
}

/**
 * Where the clocks of shows stand in which the time of a hold is over: those of paused ones since the pause, all of them
 * at the last beat while that is old, for then deadlines are yet to be moved.
 */
async function clocksOf(tx: Tx, holds: store.BoundHold[], now: number): Promise<Map<string, number>> {
  const late = new Set(holds.filter((hold) => hold.endedReason === null && hold.until <= now).map((hold) => hold.showId))
  if (late.size === 0) return new Map()
  const [paused, beatAt] = await Promise.all([pausedShows(tx, [...late]), heartbeat.clockOf(tx, 'seat', now)])
  return new Map([...late].map((showId) => [showId, Math.min(beatAt, paused.get(showId) ?? now)]))
}

function refusalOf({ userId }: Input<'pin'>, holds: store.BoundHold[], clockOf: (showId: string) => number): string | undefined {
  if (holds.length === 0 || holds.some((hold) => hold.userId !== userId)) return 'hold_expired'
  if (holds.some((hold) => hold.pinnedBy !== null || hold.endedReason === 'sold')) return 'payment_in_progress'
  if (holds.some((hold) => hold.endedReason !== null || hold.until <= clockOf(hold.showId))) return 'hold_expired'
  return undefined
}

async function unpinRound(env: SeatEnv, tx: Tx, inputs: Input<'unpin'>[]): Promise<Answer<Output<'unpin'>>[]> {
  const now = env.now()
  const { holds, rows } = await lockRound(tx, inputs)
  const undone = running(inputs, rows, holds)
  if (undone.length > 0) {
    await move(env, tx, undone, statusCode.pinned, statusCode.held, () => [
      store.unpinHolds(tx, undone.flatMap((pin) => pin.holds.map((hold) => hold.id)), now + seatLimits.afterPaymentMs),
      store.storeUnpinned(tx, undone.map((pin) => pin.paymentId)),
    ])
  }
  const never = inputs.filter((input) => !rows.has(input.paymentId))
  await store.insertPins(tx, never.map((input) => ({ ...input, ...unpinned, refusal: null })), now)
  return inputs.map((input) => {
    const row = rows.get(input.paymentId)
    if (row && !isSame(row, input)) return new Refusal('idempotency_conflict')
    return { outcome: row?.status === 'sold' ? 'sold' : 'unpinned' }
  })
}

async function sellRound(env: SeatEnv, tx: Tx, inputs: Input<'sell'>[]): Promise<Answer<Output<'sell'>>[]> {
  const now = env.now()
  const { holds, rows } = await lockRound(tx, inputs)
  const sold = running(inputs, rows, holds)
  if (sold.length > 0) {
    await move(env, tx, sold, statusCode.pinned, statusCode.sold, () => [
      store.sellHolds(tx, sold.flatMap((pin) => pin.holds.map((hold) => hold.id)), now),
      store.storeSold(tx, sold.map((pin) => pin.paymentId), now),
    ])
    tx.afterCommit(() => {
      for (const { showId, pinnedAt } of sold) env.meter.sold(showId, now - (pinnedAt ?? now), now)
    })
  }
  return inputs.map((input) => {
    const row = rows.get(input.paymentId)
    if (row && isSame(row, input) && row.status !== 'unpinned') return { seatIds: row.seatIds }
    // alone an error: the payments beside it did nothing wrong
    const message = `payment ${input.paymentId} sells seats it has not pinned`
    return new AssertionError({ message }) as unknown as Answer<Output<'sell'>>
  })
}

/** Whoever changes a pin locks the holds of its reservation first, so that what is read after it stands still. */
async function lockRound(tx: Tx, inputs: Input<'pin'>[]) {
  const [holds, rows] = await Promise.all([
    store.lockHolds(tx, inputs.map((input) => input.reservationId)),
    store.readPins(tx, inputs.map((input) => input.paymentId)),
  ])
  return { holds: Map.groupBy(holds, (hold) => hold.reservationId), rows }
}

/** The pins of these payments that are running, with the holds they pin. */
function running(inputs: Input<'pin'>[], rows: Map<string, store.PinRow>, holds: Holds): Pinned[] {
  return inputs.flatMap((input) => {
    const row = rows.get(input.paymentId)
    if (row?.status !== 'pinned' || !isSame(row, input)) return []
    const pinned = (holds.get(row.reservationId) ?? []).filter((hold) => hold.pinnedBy === row.paymentId)
    assert.equal(pinned.flatMap((hold) => hold.seatIds).length, row.seatIds.length, `payment ${row.paymentId} pins all its seats`)
    assert(row.showId)
    return [{ ...row, showId: row.showId, holds: pinned }]
  })
}

/** Holds are locked already: seats by id, then what `write` changes, the shows last; all sent together. */
async function move(env: SeatEnv, tx: Tx, pins: Pinned[], from: number, to: number, write: () => Promise<void>[]) {
  const seats = pins.flatMap((pin) => seatKeys(pin).map((seat) => ({ ...seat, reservationId: pin.reservationId })))
  const showIds = [...new Set(pins.map((pin) => pin.showId))]
  const isPin = to === statusCode.pinned
  // a pin has looked at its seats under lock already
  const locked = isPin ? [] : [store.lockSeats(tx, seats)]
  const moved = [...locked, store.moveSeats(tx, seats, from, to), ...write()]
  const [versions] = await Promise.all([(isPin ? bumpOpenShows : bumpShows)(tx, showIds), ...moved])
  applyAfterCommit(tx, env.pictures, versions, seats.map(({ showId, seatId }) => ({ showId, seatId, status: to })))
}

const unpinned = { showId: null, seatIds: [], status: 'unpinned' as const }

function refusedOf(inputs: Input<'pin'>[], refusals: Map<string, Refusal>): store.PinRow[] {
  return inputs.flatMap((input) => {
    const refusal = refusals.get(input.paymentId)
    return refusal ? [{ ...input, ...unpinned, refusal: refusal.code }] : []
  })
}

function pinnedOf(input: Input<'pin'>, holds: Holds): Pinned {
  const bound = holds.get(input.reservationId) ?? []
  const seatIds = bound.flatMap((hold) => hold.seatIds).sort((a, b) => a - b)
  return { ...input, showId: bound[0]?.showId ?? '', seatIds, holds: bound }
}

function answerOf({ showId, seatIds, holds }: Pick<Pinned, 'showId' | 'seatIds' | 'holds'>): Output<'pin'> {
  return { showId, seatIds, until: Math.min(...holds.map((hold) => hold.until)) }
}

const seatKeys = ({ showId, seatIds }: { showId: string; seatIds: number[] }) =>
  seatIds.map((seatId) => ({ showId, seatId }))
const keyOf = ({ showId, seatId }: store.SeatKey) => `${showId} ${seatId}`
const keysOf = (input: Input<'pin'>) => [`p ${input.paymentId}`, `r ${input.reservationId}`]
const isSame = (row: store.PinRow, input: Input<'pin'>) =>
  row.reservationId === input.reservationId && row.userId === input.userId
