import type { Reader } from '../platform/database.ts'
import type { Payment } from './api.ts'
import { type PaymentRow, paymentsOfShow } from './store.ts'
import { refundsOf } from './store-refunds.ts'

type Step = { at: number; what: string; detail: Record<string, unknown> }

export function toPayment(row: PaymentRow): Payment {
  const { id, reservationId, status, amount, refunded, topUp, createdAt } = row
  const until = row.direction === 'forward' ? row.until : null
  const failed = status === 'failed'
  return {
    id, reservationId, status, amount, refunded, topUp, createdAt, until,
    refusal: failed ? row.refusal : null,
    refusalParams: failed ? row.refusalParams : {},
  }
}

/** What happened to a user's payments of a show, oldest first. */
export async function story(db: Reader, { userId, showId }: { userId: string; showId: string }): Promise<{ steps: Step[] }> {
  const rows = await paymentsOfShow(db, userId, showId)
  const refunds = await refundsOf(db, rows.map((row) => row.id))
  const steps = rows.flatMap((row): Step[] => [
    { at: row.createdAt, what: 'payment_started', detail: { paymentId: row.id, reservationId: row.reservationId } },
    ...(row.endedAt === null ? [] : [{ at: row.endedAt, what: `payment_${row.status}`, detail: { paymentId: row.id, amount: row.amount, refusal: row.refusal } }]),
  ])
  for (const { doneAt, paymentId, amount } of refunds) steps.push({ at: doneAt, what: 'refunded', detail: { paymentId, amount } })
  return { steps: steps.sort((a, b) => a.at - b.at) }
}
