import assert, { AssertionError } from 'node:assert/strict'
import { namedId } from '../platform/identity.ts'
import { isRefusal, Refusal } from '../platform/outcome.ts'
import type { ReservationApi } from '../reservation/api.ts'
import type { SeatApi } from '../seat/api.ts'
import type { WalletApi } from '../wallet/api.ts'
import { paymentLimits } from './api.ts'
import { type Advance, isForLater } from './changes.ts'
import type { PaymentRow } from './store.ts'

export type Driving = {
  seat: Pick<SeatApi, 'pin' | 'unpin' | 'sell'>
  reservation: Pick<ReservationApi, 'pin' | 'unpin' | 'confirm'>
  wallet: Pick<WalletApi, 'topUp' | 'debit' | 'void'>
  advance: Advance
  now: () => number
}

/**
 * Drives a payment as far as it goes and answers its row. Every step is repeated with the ids of the first time and
 * its first answer is final, so a driver that died anywhere is simply followed by another. What cannot be known now
 * leaves the payment pending for the job; anything that is no answer at all is thrown after that.
 */
export async function drive(driving: Driving, payment: PaymentRow): Promise<PaymentRow> {
  try {
    let row = payment
    while (row.status === 'pending') {
      const next = row.direction === 'forward' ? await forward(driving, row) : await backward(driving, row)
      if (next.status === 'pending' && next.direction === row.direction && next.debited === row.debited) return next
      row = next
    }
    return row
  } catch (error) {
    const { id, attempt, tries } = payment
    await driving.advance(id, { kind: 'postpone', attempt, nextAt: driving.now() + backoffMs(tries) })
    throw error
  }
}

export const backoffMs = (tries: number) => Math.min(paymentLimits.retryMaxMs, paymentLimits.retryMinMs * 2 ** Math.min(tries, 10))

/** Pins, top-up, debit; then nothing may refuse any more: sell, confirm, completed. */
async function forward(driving: Driving, row: PaymentRow): Promise<PaymentRow> {
  const { seat, reservation, wallet, advance } = driving
  const { id: paymentId, reservationId, userId, showId } = row
  const keys = { paymentId, reservationId, userId }
  let amount: number | null = null
  try {
    const pinned = await seat.pin(keys)
    const asked = await reservation.pin(keys)
    amount = asked.amount
    assert.deepEqual(asked.seatIds.toSorted(byNumber), pinned.seatIds.toSorted(byNumber), `payment ${paymentId} pins two sets of seats`)
    if (row.topUp !== null && !row.debited) {
      const waiting = await topUp(driving, row, row.topUp, amount)
      if (waiting) return waiting
    }
    if (amount > 0) await wallet.debit({ paymentId, userId, showId, amount })
  } catch (error) {
    if (isForLater(error) || !(error instanceof Refusal)) throw error
    if (row.debited) throw new AssertionError({ message: `payment ${paymentId} was refused ${error.code} after its debit` })
    return advance(paymentId, { kind: 'turn back', refusal: error, amount })
  }
  await mustNotRefuse(paymentId, seat.sell(keys))
  await mustNotRefuse(paymentId, reservation.confirm({ ...keys, paidAmount: amount }))
  return advance(paymentId, { kind: 'complete', amount })
}

/** Undefined once the money is there, else the row as it stands: waiting, or turned back at its deadline. */
async function topUp({ wallet, advance, now }: Driving, row: PaymentRow, sum: number, amount: number) {
  const { id, userId, source } = row
  const made = await wallet.topUp({ topUpId: namedId(id, 'top-up'), userId, amount: sum, ...(source !== null && { source }) })
  if (made.status === 'done') return undefined
  if (made.status === 'declined') throw new Refusal('top_up_declined')
  const until = now() + paymentLimits.topUpWaitMs
  return advance(id, { kind: 'wait for bank', attempt: row.attempt, amount, until, nextAt: now() + backoffMs(row.tries) })
}

/** Asks the wallet first: if the money moved the payment goes forward after all, if not everything is let go. */
async function backward({ seat, reservation, wallet, advance }: Driving, row: PaymentRow): Promise<PaymentRow> {
  const { id: paymentId, reservationId, userId } = row
  const keys = { paymentId, reservationId, userId }
  const { outcome } = await wallet.void({ paymentId, userId })
  if (outcome === 'done') return advance(paymentId, { kind: 'turn forward' })
  const undone = await seat.unpin(keys)
  if (undone.outcome === 'sold') return advance(paymentId, { kind: 'turn forward' })
  await reservation.unpin(keys)
  return advance(paymentId, { kind: 'fail' })
}

async function mustNotRefuse<T>(paymentId: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (isForLater(error) || !isRefusal(error)) throw error
    throw new AssertionError({ message: `payment ${paymentId} was refused ${error.code} after its debit` })
  }
}

const byNumber = (a: number, b: number) => a - b
