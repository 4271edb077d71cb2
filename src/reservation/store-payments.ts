import sql from 'sql-template-tag'
import { at, type Tx } from '../platform/database.ts'

/** What was answered to a payment: first answer final. */
export type Seen = {
  paymentId: string
  reservationId: string
  userId: string
  status: 'pinned' | 'unpinned'
  refusal: string | null
  amount: number | null
  seatIds: number[]
  seenAt: number
}

/** The reservations named are locked by the caller, so nothing here moves. */
export async function readSeen(tx: Tx, paymentIds: string[]): Promise<Seen[]> {
  return tx.rows<Seen>(sql`
    select payment_id as "paymentId", reservation_id as "reservationId", user_id as "userId", status, refusal, amount,
      seat_ids as "seatIds", seen_at as "seenAt"
    from reservation.payments_seen where payment_id = any(${paymentIds}::uuid[])`)
}

export async function writeSeen(tx: Tx, seen: Seen[]): Promise<void> {
  if (seen.length === 0) return
  const rows = seen.toSorted((a, b) => (a.paymentId < b.paymentId ? -1 : 1))
  await tx.rows(sql`
    insert into reservation.payments_seen (payment_id, reservation_id, user_id, status, refusal, amount, seat_ids, seen_at)
    select s.payment_id, s.reservation_id, s.user_id, s.status, s.refusal, s.amount, s.seat_ids::int[], s.seen_at
    from unnest(${rows.map((s) => s.paymentId)}::uuid[], ${rows.map((s) => s.reservationId)}::uuid[],
      ${rows.map((s) => s.userId)}::uuid[], ${rows.map((s) => s.status)}::text[], ${rows.map((s) => s.refusal)}::text[],
      ${rows.map((s) => s.amount)}::bigint[], ${rows.map((s) => intArray(s.seatIds))}::text[],
      ${rows.map((s) => at(s.seenAt))}::timestamptz[])
      as s(payment_id, reservation_id, user_id, status, refusal, amount, seat_ids, seen_at)
    order by s.payment_id
    on conflict (payment_id) do update set status = excluded.status`)
}

/** Arrays of arrays must be rectangular in PostgreSQL, so each inner one travels as its literal. */
export const intArray = (values: number[]) => `{${values.join(',')}}`
