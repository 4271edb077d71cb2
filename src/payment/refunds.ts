import type { Database, Tx } from '../platform/database.ts'
import { emit, type Envelope } from '../platform/events.ts'
import type { WalletApi } from '../wallet/api.ts'
import { paymentLimits } from './api.ts'
import { bugsAmong, eventOf } from './changes.ts'
import { backoffMs } from './drive.ts'
import { lockPayments, writePayments } from './store.ts'
import { endRefunds, insertRefunds, postponeRefunds, type Refund, takeRefunds } from './store-refunds.ts'

type Cancelled = { cancellationId: string; reservationId: string; refund: number; paymentId: string | null }

/** reservation.cancelled: what was paid is owed back, whatever the payment's state is; unpaid ones owe nothing. */
export async function oweRefunds(tx: Tx, events: Envelope[], now: number): Promise<void> {
  const owed = events.flatMap(({ data }) => {
    const { cancellationId, reservationId, refund: amount, paymentId } = data as Cancelled
    return amount > 0 && paymentId ? [{ cancellationId, reservationId, paymentId, amount, at: now }] : []
  })
  await insertRefunds(tx, owed)
}

/** Pays what is owed on completed payments; the cancellation's id makes a repeat harmless. */
export async function payRefunds(db: Database, wallet: Pick<WalletApi, 'refund'>, now: () => number): Promise<number> {
  const due = await takeRefunds(db, { now: now(), next: now() + paymentLimits.leaseMs, limit: paymentLimits.refundChunkMax })
  if (due.length === 0) return 0
  const ends = await Promise.allSettled(due.map(({ cancellationId, userId, showId, amount }) =>
    wallet.refund({ cancellationId, userId, showId, amount })))
  const paid = due.filter((_, i) => ends[i]?.status === 'fulfilled')
  await endPaid(db, paid, now())
  const open = due.filter((_, i) => ends[i]?.status === 'rejected')
  await postponeRefunds(db, open.map(({ cancellationId, tries }) => ({ cancellationId, nextAt: now() + backoffMs(tries) })))
  const bugs = bugsAmong(ends)
  if (bugs.length > 0) throw new AggregateError(bugs, `${bugs.length} of ${due.length} refunds failed`)
  return paid.length
}

/** Marks the refund and adds it to its payment in one step, each refund once. */
async function endPaid(db: Database, paid: Refund[], now: number) {
  if (paid.length === 0) return
  await db.transaction(async (tx) => {
    const rows = await lockPayments(tx, [...new Set(paid.map((refund) => refund.paymentId))])
    const ended = await endRefunds(tx, paid.map((refund) => refund.cancellationId), now)
    const byPayment = Map.groupBy(ended, (refund) => refund.paymentId)
    const events = rows.flatMap((row) => (byPayment.get(row.id) ?? []).map(({ cancellationId, amount }) => {
      row.refunded += amount
      return eventOf(row, 'payment.refunded', now, { cancellationId, amount })
    }))
    await writePayments(tx, rows.filter((row) => byPayment.has(row.id)))
    await emit(tx, 'payment', events)
  })
}
