import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export type NewRefund = { cancellationId: string; paymentId: string; reservationId: string; amount: number; at: number }
export type DueRefund = { cancellationId: string; paymentId: string; userId: string; showId: string; amount: number; tries: number }
export type Refund = { cancellationId: string; paymentId: string; amount: number }

/** Once a cancellation, whatever the state of the payment is. */
export async function insertRefunds(tx: Tx, rows: NewRefund[]): Promise<void> {
  if (rows.length === 0) return
  await tx.rows(sql`
    insert into payment.refunds (cancellation_id, payment_id, reservation_id, amount, next_at, created_at)
    select r.cancellation_id, r.payment_id, r.reservation_id, r.amount, r.at, r.at
    from unnest(${rows.map((r) => r.cancellationId)}::uuid[], ${rows.map((r) => r.paymentId)}::uuid[],
      ${rows.map((r) => r.reservationId)}::uuid[], ${rows.map((r) => r.amount)}::bigint[],
      ${rows.map((r) => at(r.at))}::timestamptz[]) as r(cancellation_id, payment_id, reservation_id, amount, at)
    order by r.cancellation_id
    on conflict do nothing`)
}

/** Refunds to be paid now: of completed payments, and never more in all than was paid. */
export async function takeRefunds(db: Reader, { now, next, limit }: { now: number; next: number; limit: number }) {
  return db.rows<DueRefund>(sql`
    with due as materialized (
      select r.cancellation_id, p.user_id, p.show_id
      from payment.refunds r join payment.payments p on p.id = r.payment_id
      where r.status = 'pending' and r.next_at <= ${at(now)} and p.status = 'completed'
        and (select sum(o.amount) from payment.refunds o where o.payment_id = p.id) <= p.amount
      order by r.next_at limit ${limit} for no key update of r skip locked)
    update payment.refunds r set tries = r.tries + 1, next_at = ${at(next)} from due
    where r.cancellation_id = due.cancellation_id
    returning r.cancellation_id as "cancellationId", r.payment_id as "paymentId", due.user_id as "userId",
      due.show_id as "showId", r.amount, r.tries`)
}

export async function postponeRefunds(db: Reader, rows: { cancellationId: string; nextAt: number }[]): Promise<void> {
  if (rows.length === 0) return
  await db.rows(sql`
    update payment.refunds r set next_at = n.next_at
    from unnest(${rows.map((r) => r.cancellationId)}::uuid[], ${rows.map((r) => at(r.nextAt))}::timestamptz[])
      as n(cancellation_id, next_at)
    where r.cancellation_id = n.cancellation_id and r.status = 'pending'`)
}

/** Marks refunds as paid, each once; their payments are locked by the caller. Returns those that were still pending. */
export async function endRefunds(tx: Tx, cancellationIds: string[], now: number): Promise<Refund[]> {
  return tx.rows<Refund>(sql`
    update payment.refunds set status = 'done', done_at = ${at(now)}
    where cancellation_id = any(${cancellationIds}::uuid[]) and status = 'pending'
    returning cancellation_id as "cancellationId", payment_id as "paymentId", amount`)
}

export async function refundsOf(db: Reader, paymentIds: string[]) {
  return db.rows<Refund & { doneAt: number }>(sql`
    select cancellation_id as "cancellationId", payment_id as "paymentId", amount, done_at as "doneAt"
    from payment.refunds where payment_id = any(${paymentIds}::uuid[]) and status = 'done' order by done_at, cancellation_id`)
}

export const refundStates = (db: Reader, cancellationIds: string[]) =>
  db.rows<{ cancellationId: string; amount: number; doneAt: number | null }>(sql`
    select cancellation_id as "cancellationId", amount, done_at as "doneAt" from payment.refunds where cancellation_id = any(${cancellationIds}::uuid[])`)
