import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

const openAge = sql`interval '60 seconds'`
const lastBeat = (now: number) => sql`(select least(max(beat_at), ${at(now)}::timestamptz) from payment.heartbeats)`

/** Invariants of the payment schema by itself: each query answers at most 20 violations. */
export const paymentChecks: Check[] = [
  {
    id: 'I8',
    name: 'a reservation has at most one running or completed payment',
    query: () => sql`
      select reservation_id, array_agg(id) as payments from payment.payments
      where status in ('pending', 'completed') group by reservation_id having count(*) > 1 limit 20`,
  },
  {
    id: 'I8',
    name: 'all refunds of a payment, owed ones too, are no more than it was paid',
    query: () => sql`
      select p.id, p.amount, sum(r.amount) as refunds from payment.payments p
      join payment.refunds r on r.payment_id = p.id
      where p.status <> 'pending' group by p.id
      having p.status = 'failed' or sum(r.amount) > p.amount limit 20`,
  },
  {
    id: 'I8',
    name: 'refunded is the sum of the refunds that were paid',
    query: () => sql`
      select p.id, p.refunded, coalesce(sum(r.amount), 0) as refunds from payment.payments p
      left join payment.refunds r on r.payment_id = p.id and r.status = 'done'
      group by p.id having p.refunded <> coalesce(sum(r.amount), 0) limit 20`,
  },
  {
    id: 'I9',
    name: 'no payment is pending a minute after its last outside answer',
    // judged by the last beat: while nobody drives, after a crash, nothing is late; in a pause no wait for a bank is
    query: (now) => sql`
      select id, direction, tries, next_at, until from payment.payments p
      where status = 'pending' and greatest(until, created_at) < ${lastBeat(now)} - ${openAge}
        and not (direction = 'forward' and until is not null and exists (select 1 from payment.pauses s where s.show_id = p.show_id)) limit 20`,
  },
  {
    id: 'I9',
    name: 'no refund of a completed payment is owed for more than a minute',
    query: (now) => sql`
      select r.cancellation_id, r.payment_id, r.tries, r.next_at from payment.refunds r
      join payment.payments p on p.id = r.payment_id
      where r.status = 'pending' and p.status = 'completed'
        and greatest(r.created_at, p.ended_at) < ${lastBeat(now)} - ${openAge} limit 20`,
  },
]
