import assert, { AssertionError } from 'node:assert/strict'
import type { Static } from 'typebox'
import { inRounds } from '../platform/batch.ts'
import type { Tx } from '../platform/database.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { seatLimits, type seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, statusCode } from './picture.ts'
import * as store from './store-pins.ts'
import { bumpOpenShows, bumpShows, closedShows, untilNoShowCloses } from './store-versions.ts'

type Input<Name extends 'pin' | 'unpin' | 'sell'> = Static<(typeof seatOperations)[Name]['input']>
type Output<Name extends 'pin' | 'unpin' | 'sell'> = Static<(typeof seatOperations)[Name]['output']>
type Pinned = { paymentId: string; reservationId: string; showId: string; seatIds: number[]; holds: store.BoundHold[] }

/**
 * Pins all seats of a reservation for a payment, or none: its holds are live, complete, within their `until` and not
 * pinned by another payment. The first answer of a payment is final and stands in seat.pins, refusals included:
 * `hold_expired`, `payment_in_progress`, `show_closed`; a payment undone before answers `payment_undone`.
 */
export const pinMany = (env: SeatEnv, inputs: Input<'pin'>[]): Promise<Answer<Output<'pin'>>[]> =>
  inRounds(inputs, { keys: keysOf }, (round) => untilNoShowCloses(() => env.db.transaction((tx) => pinRound(env, tx, round))))

/**
 * Ends a pin without a sale: the seats are held again, for at least two minutes. Written even if the pin never came,
 * so that it cannot come later. Answers `sold` when the payment went through after all.
 */
export const unpinMany = (env: SeatEnv, inputs: Input<'unpin'>[]): Promise<Answer<Output<'unpin'>>[]> =>
  inRounds(inputs, { keys: keysOf }, (round) => env.db.transaction((tx) => unpinRound(env, tx, round)))

/** Pinned to sold. Repeats answer the same; a payment that is not pinned here is a bug of the caller. */
export const sellMany = (env: SeatEnv, inputs: Input<'sell'>[]): Promise<Answer<Output<'sell'>>[]> =>
  inRounds(inputs, { keys: (input) => [input.paymentId] }, (round) => env.db.transaction((tx) => sellRound(env, tx, round)))

async function pinRound(env: SeatEnv, tx: Tx, inputs: Input<'pin'>[]): Promise<Answer<Output<'pin'>>[]> {
  const now = env.now()
  const { rows, fresh } = await store.claimPins(tx, inputs, now)
  const holds = await holdsByReservation(tx, inputs.map((input) => input.reservationId))
  const news = inputs.filter((input) => fresh.has(input.paymentId))
  const decided = await decide(tx, news, holds, now)
  const pinned = news.flatMap((input) => (decided.get(input.paymentId) instanceof Refusal ? [] : [pinnedOf(input, holds)]))
  const refused = news.flatMap(({ paymentId }) => {
    const answer = decided.get(paymentId)
    return answer ? [{ paymentId, code: answer.code }] : []
  })
  if (refused.length > 0) await store.storeRefused(tx, refused)
  if (pinned.length > 0) {
    await move(env, tx, pinned, statusCode.held, statusCode.pinned, async () => {
      await store.pinHolds(tx, pinned.flatMap((p) => p.holds.map(({ id }) => ({ id, paymentId: p.paymentId }))))
      await store.storePinned(tx, pinned)
    })
  }
  return inputs.map((input) => {
    if (fresh.has(input.paymentId)) return decided.get(input.paymentId) ?? answerOf(pinnedOf(input, holds))
    const row = rows.get(input.paymentId)
    assert(row)
    if (!isSame(row, input)) return new Refusal('idempotency_conflict')
    if (row.status === 'unpinned' || !row.showId) return new Refusal(row.refusal ?? 'payment_undone')
    return answerOf({ ...input, showId: row.showId, seatIds: row.seatIds, holds: holds.get(input.reservationId) ?? [] })
  })
}

/** Refusals by payment; a payment that is missing in the answer may pin. */
async function decide(tx: Tx, inputs: Input<'pin'>[], holds: Map<string, store.BoundHold[]>, now: number) {
  const refusals = new Map<string, Refusal>()
  const sound = inputs.filter((input) => {
    const code = refusalOf(input, holds.get(input.reservationId) ?? [], now)
    if (code) refusals.set(input.paymentId, new Refusal(code))
    return !code
  })
  if (sound.length === 0) return refusals
  const wanted = sound.map((input) => pinnedOf(input, holds))
  const seats = new Map((await store.lockSeats(tx, wanted.flatMap(seatKeys))).map((seat) => [keyOf(seat), seat]))
  const closed = await closedShows(tx, wanted.map((pin) => pin.showId))
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

function refusalOf({ userId }: Input<'pin'>, holds: store.BoundHold[], now: number): string | undefined {
  if (holds.length === 0 || holds.some((hold) => hold.userId !== userId)) return 'hold_expired'
  if (holds.some((hold) => hold.pinnedBy !== null || hold.endedReason === 'sold')) return 'payment_in_progress'
  if (holds.some((hold) => hold.endedReason !== null || hold.until <= now)) return 'hold_expired'
  return undefined
}

async function unpinRound(env: SeatEnv, tx: Tx, inputs: Input<'unpin'>[]): Promise<Answer<Output<'unpin'>>[]> {
  const now = env.now()
  const { rows } = await store.claimPins(tx, inputs, now)
  const undone = await running(tx, inputs.flatMap((input) => {
    const row = rows.get(input.paymentId)
    return row && isSame(row, input) ? [row] : []
  }))
  if (undone.length > 0) {
    await move(env, tx, undone, statusCode.pinned, statusCode.held, async () => {
      const holdIds = undone.flatMap((pin) => pin.holds.map((hold) => hold.id))
      await store.unpinHolds(tx, holdIds, now + seatLimits.afterPaymentMs)
      await store.storeUnpinned(tx, undone.map((pin) => pin.paymentId))
    })
  }
  return inputs.map((input) => {
    const row = rows.get(input.paymentId)
    if (!row || !isSame(row, input)) return new Refusal('idempotency_conflict')
    return { outcome: row.status === 'sold' ? 'sold' : 'unpinned' }
  })
}

async function sellRound(env: SeatEnv, tx: Tx, inputs: Input<'sell'>[]): Promise<Answer<Output<'sell'>>[]> {
  const now = env.now()
  const rows = await store.lockPins(tx, inputs.map((input) => input.paymentId))
  const sold = await running(tx, [...rows.values()])
  if (sold.length > 0) {
    await move(env, tx, sold, statusCode.pinned, statusCode.sold, async () => {
      const holdIds = sold.flatMap((pin) => pin.holds.map((hold) => hold.id))
      await store.sellHolds(tx, holdIds, now)
      await store.storeSold(tx, sold.map((pin) => pin.paymentId), now)
    })
  }
  return inputs.map(({ paymentId }) => {
    const row = rows.get(paymentId)
    if (row && row.status !== 'unpinned') return { seatIds: row.seatIds }
    // alone an error: the payments beside it did nothing wrong
    const message = `payment ${paymentId} sells seats it has not pinned`
    return new AssertionError({ message }) as unknown as Answer<Output<'sell'>>
  })
}

/** The pins that are running, with the holds they pin, locked. */
async function running(tx: Tx, rows: store.PinRow[]): Promise<Pinned[]> {
  const live = rows.filter((row) => row.status === 'pinned')
  if (live.length === 0) return []
  const holds = await holdsByReservation(tx, live.map((row) => row.reservationId))
  return live.map(({ paymentId, reservationId, showId, seatIds }) => {
    assert(showId)
    const pinned = (holds.get(reservationId) ?? []).filter((hold) => hold.pinnedBy === paymentId)
    assert.equal(pinned.flatMap((hold) => hold.seatIds).length, seatIds.length, `payment ${paymentId} pins all its seats`)
    return { paymentId, reservationId, showId, seatIds, holds: pinned }
  })
}

/** Holds are locked already: seats by id, then what `write` changes, the shows last. */
async function move(env: SeatEnv, tx: Tx, pins: Pinned[], from: number, to: number, write: () => Promise<void>) {
  const seats = pins.flatMap((pin) => seatKeys(pin).map((seat) => ({ ...seat, reservationId: pin.reservationId })))
  await store.lockSeats(tx, seats)
  await store.moveSeats(tx, seats, from, to)
  await write()
  const showIds = [...new Set(pins.map((pin) => pin.showId))]
  const versions = await (to === statusCode.pinned ? bumpOpenShows : bumpShows)(tx, showIds)
  applyAfterCommit(tx, env.pictures, versions, seats.map(({ showId, seatId }) => ({ showId, seatId, status: to })))
}

async function holdsByReservation(tx: Tx, reservationIds: string[]) {
  return Map.groupBy(await store.lockHolds(tx, reservationIds), (hold) => hold.reservationId)
}

function pinnedOf({ paymentId, reservationId }: Input<'pin'>, holds: Map<string, store.BoundHold[]>): Pinned {
  const bound = holds.get(reservationId) ?? []
  const seatIds = bound.flatMap((hold) => hold.seatIds).sort((a, b) => a - b)
  return { paymentId, reservationId, showId: bound[0]?.showId ?? '', seatIds, holds: bound }
}

function answerOf({ showId, seatIds, holds }: Pinned): Output<'pin'> {
  return { showId, seatIds, until: Math.min(...holds.map((hold) => hold.until)) }
}

const seatKeys = ({ showId, seatIds }: { showId: string; seatIds: number[] }) =>
  seatIds.map((seatId) => ({ showId, seatId }))
const keyOf = ({ showId, seatId }: store.SeatKey) => `${showId} ${seatId}`
const keysOf = (input: Input<'pin'>) => [`p ${input.paymentId}`, `r ${input.reservationId}`]
const isSame = (row: store.PinRow, input: Input<'pin'>) =>
  row.reservationId === input.reservationId && row.userId === input.userId
