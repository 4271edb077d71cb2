import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import { emit, type NewEvent } from '../platform/events.ts'
import { isBeating } from '../platform/heartbeat.ts'
import { isRefusal, Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { paymentLimits } from './api.ts'
import { lockPayments, type PaymentRow, writePayments } from './store.ts'
import { pausedOf } from './store-pauses.ts'

/** What may happen to a payment's row; `attempt` is the driver's, a later driver's word is not overwritten. */
export type Change =
  | { kind: 'turn back'; refusal: Refusal; amount: number | null }
  | { kind: 'turn forward' }
  /** until its deadline, then it turns back */
  | { kind: 'wait for bank'; attempt: number; amount: number; until: number; nextAt: number }
  | { kind: 'postpone'; attempt: number; nextAt: number }
  | { kind: 'complete'; amount: number }
  | { kind: 'fail' }
export type Advance = (paymentId: string, change: Change) => Promise<PaymentRow>

/** Applies changes in batches under lock and answers the row as it stands; an ended payment is read and obeyed. */
export function createAdvance(db: Database, now: () => number): Advance {
  const advance = batched((inputs: { paymentId: string; change: Change }[]) =>
    db.transaction(async (tx) => {
      const at = now()
      const ids = [...new Set(inputs.map((input) => input.paymentId))]
      const waits = inputs.some(({ change }) => change.kind === 'wait for bank')
      const [locked, beating] = await Promise.all([lockPayments(tx, ids), waits && isBeating(tx, 'payment', at)])
      const paused = waits ? await pausedOf(tx, [...new Set(locked.map((row) => row.showId))]) : new Set<string>()
      const rows = new Map(locked.map((row) => [row.id, row]))
      const events: NewEvent[] = []
      const changed = new Set<PaymentRow>()
      for (const { paymentId, change } of inputs) {
        const row = rows.get(paymentId)
        if (row?.status === 'pending' && apply(row, change, { at, clockRuns: beating && !paused.has(row.showId) }, events)) changed.add(row)
      }
      await Promise.all([writePayments(tx, [...changed]), emit(tx, 'payment', events)])
      return inputs.map(({ paymentId }) => rows.get(paymentId) ?? new Error(`payment ${paymentId} is gone`))
    }),
  )
  return (paymentId, change) => advance({ paymentId, change }) as Promise<PaymentRow>
}

function apply(row: PaymentRow, change: Change, { at, clockRuns }: { at: number; clockRuns: boolean }, events: NewEvent[]): boolean {
  switch (change.kind) {
    case 'turn back':
      return turnBack(row, change.refusal, change.amount)
    case 'turn forward':
      Object.assign(row, { direction: 'forward', debited: true, refusal: null, refusalParams: {} })
      return true
    case 'wait for bank':
      if (row.attempt !== change.attempt || row.direction === 'backward') return false
      // while nobody beat nobody could ask the bank either: then the deadline is moved first, as it is after a pause
      if (clockRuns && row.until !== null && at >= row.until + paymentLimits.graceMs) return turnBack(row, new Refusal('top_up_unknown'), change.amount)
      Object.assign(row, { amount: change.amount, until: row.until ?? change.until, nextAt: change.nextAt, tries: row.tries + 1 })
      return true
    case 'postpone':
      if (row.attempt !== change.attempt) return false
      Object.assign(row, { nextAt: change.nextAt, tries: row.tries + 1 })
      return true
    case 'complete':
      // a driver that got here has the money and the tickets: what another one thought meanwhile does not count
      Object.assign(row, { status: 'completed', direction: 'forward', refusal: null, refusalParams: {} })
      Object.assign(row, { amount: change.amount, until: null, endedAt: at })
      events.push(eventOf(row, 'payment.completed', at))
      return true
    case 'fail':
      if (row.direction !== 'backward') return false
      Object.assign(row, { status: 'failed', until: null, endedAt: at })
      events.push(eventOf(row, 'payment.failed', at))
      return true
  }
}

function turnBack(row: PaymentRow, refusal: Refusal, amount: number | null): boolean {
  if (row.direction === 'backward' || row.debited) return false
  Object.assign(row, { direction: 'backward', tries: 0, amount: amount ?? row.amount })
  Object.assign(row, { refusal: refusal.code, refusalParams: refusal.params })
  return true
}

export function eventOf(row: PaymentRow, name: string, at: number, data: Record<string, unknown> = {}): NewEvent {
  row.eventVersion += 1
  const { id: paymentId, reservationId, userId, showId, amount, refusal } = row
  const facts = { paymentId, reservationId, userId, showId, amount, ...(refusal && { refusal }), ...data }
  return { name, key: paymentId, version: row.eventVersion, occurredAt: at, data: facts }
}

/** The call is repeated later: it said "not now", or nobody knows what it did. Anything else is an answer or a bug. */
export const isForLater = (error: unknown): boolean => error instanceof UnknownOutcome || isRefusal(error, 'overloaded')

/** Bugs among the ends of calls; what is for later is repeated without a word. */
export function bugsAmong(ends: PromiseSettledResult<unknown>[]): unknown[] {
  return ends.flatMap((end) => (end.status === 'rejected' && !isForLater(end.reason) ? [end.reason as unknown] : []))
}
