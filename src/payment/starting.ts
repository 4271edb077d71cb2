import type { Database } from '../platform/database.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { insertPayments, type NewPayment, type PaymentRow, readBlocking, readPayments } from './store.ts'

/** `created` is true for the caller that is to drive it: exactly one of those who start a payment. */
export type Started = { row: PaymentRow; created: boolean }

const roundsMax = 3

/**
 * Stores payments before anything else happens. The same id gives the stored payment; another payment that runs on
 * the reservation refuses `payment_in_progress`, a completed one `already_paid`.
 */
export async function startMany(db: Database, inputs: NewPayment[]): Promise<Answer<Started>[]> {
  const answers: (Answer<Started> | undefined)[] = inputs.map(() => undefined)
  for (let round = 0; round < roundsMax; round++) {
    const open = inputs.flatMap((input, index) => (answers[index] === undefined ? [{ input, index }] : []))
    if (open.length === 0) break
    const decided = await startRound(db, open.map(({ input }) => input))
    for (const [i, { index }] of open.entries()) answers[index] = decided[i]
  }
  return answers.map((answer) => answer ?? new Refusal('payment_in_progress'))
}

/** Undefined where what was in the way has ended meanwhile: those try again. */
async function startRound(db: Database, inputs: NewPayment[]): Promise<(Answer<Started> | undefined)[]> {
  const { created, stored, blocking } = await db.transaction(async (tx) => {
    const unique = [...new Map(inputs.map((input) => [input.id, input])).values()]
    const created = await insertPayments(tx, unique)
    const stored = new Map(unique.flatMap((p) => (created.has(p.id) ? [[p.id, asStored(p)]] : [])))
    // an insert that waited for another one sees it only in a later statement
    const others = unique.filter((p) => !created.has(p.id)).map((p) => p.id)
    if (others.length > 0) for (const row of await readPayments(tx, others)) stored.set(row.id, row)
    const left = unique.filter((p) => !stored.has(p.id)).map((p) => p.reservationId)
    const blocking = left.length === 0 ? [] : await readBlocking(tx, left)
    return { created, stored, blocking: new Map(blocking.map((row) => [row.reservationId, row])) }
  })
  return inputs.map((input) => {
    const row = stored.get(input.id)
    if (row) {
      if (row.userId !== input.userId || row.requestHash !== input.requestHash) return new Refusal('idempotency_conflict')
      return { row, created: created.delete(input.id) }
    }
    const other = blocking.get(input.reservationId)
    return other && new Refusal(other.status === 'completed' ? 'already_paid' : 'payment_in_progress')
  })
}

/** What a payment is right after its insert, without reading it back. */
const asStored = (payment: NewPayment): PaymentRow => ({
  ...payment, amount: null, refunded: 0, status: 'pending', direction: 'forward', debited: false, refusal: null,
  refusalParams: {}, attempt: 1, tries: 0, until: null, endedAt: null, eventVersion: 0,
})
