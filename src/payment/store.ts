import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export type PaymentRow = {
  id: string
  userId: string
  reservationId: string
  showId: string
  amount: number | null
  refunded: number
  topUp: number | null
  source: string | null
  status: 'pending' | 'completed' | 'failed'
  direction: 'forward' | 'backward'
  debited: boolean
  refusal: string | null
  refusalParams: Record<string, unknown>
  attempt: number
  tries: number
  nextAt: number
  until: number | null
  requestHash: string
  createdAt: number
  endedAt: number | null
  eventVersion: number
}
export type NewPayment = Pick<
  PaymentRow,
  'id' | 'userId' | 'reservationId' | 'showId' | 'topUp' | 'source' | 'requestHash' | 'createdAt' | 'nextAt'
>

const columns = sql`p.id, p.user_id as "userId", p.reservation_id as "reservationId", p.show_id as "showId", p.amount,
  p.refunded, p.top_up as "topUp", p.source, p.status, p.direction, p.debited, p.refusal,
  p.refusal_params as "refusalParams", p.attempt, p.tries, p.next_at as "nextAt", p.until,
  p.request_hash as "requestHash", p.created_at as "createdAt", p.ended_at as "endedAt",
  p.event_version as "eventVersion"`

/** Inserts payments, at most one running or done for a reservation; what is in conflict is left out. */
export async function insertPayments(tx: Tx, rows: NewPayment[]): Promise<Set<string>> {
  // the order of the unique index, so that two batches wait for each other in one direction only
  const sorted = rows.toSorted((a, b) => (a.reservationId < b.reservationId ? -1 : 1))
  const inserted = await tx.rows<{ id: string }>(sql`
    insert into payment.payments (id, user_id, reservation_id, show_id, top_up, source, request_hash, created_at, next_at)
    select n.id, n.user_id, n.reservation_id, n.show_id, n.top_up, n.source, n.hash, n.created_at, n.next_at
    from unnest(${sorted.map((p) => p.id)}::uuid[], ${sorted.map((p) => p.userId)}::uuid[],
      ${sorted.map((p) => p.reservationId)}::uuid[], ${sorted.map((p) => p.showId)}::uuid[],
      ${sorted.map((p) => p.topUp)}::bigint[], ${sorted.map((p) => p.source)}::text[],
      ${sorted.map((p) => p.requestHash)}::text[], ${sorted.map((p) => at(p.createdAt))}::timestamptz[],
      ${sorted.map((p) => at(p.nextAt))}::timestamptz[])
      with ordinality as n(id, user_id, reservation_id, show_id, top_up, source, hash, created_at, next_at, i)
    order by n.i
    on conflict do nothing returning id`)
  return new Set(inserted.map((row) => row.id))
}

export async function readPayments(db: Reader, ids: string[]): Promise<PaymentRow[]> {
  return db.rows<PaymentRow>(sql`select ${columns} from payment.payments p where p.id = any(${ids}::uuid[])`)
}

/** The running or done payments of these reservations. */
export async function readBlocking(db: Reader, reservationIds: string[]): Promise<PaymentRow[]> {
  return db.rows<PaymentRow>(sql`
    select ${columns} from payment.payments p
    where p.reservation_id = any(${reservationIds}::uuid[]) and p.status in ('pending', 'completed')`)
}

export async function listPayments(
  db: Reader,
  { userId, before, limit }: { userId: string; before?: { createdAt: number; id: string }; limit: number },
): Promise<PaymentRow[]> {
  const from = before ? sql`and (p.created_at, p.id) < (${at(before.createdAt)}::timestamptz, ${before.id}::uuid)` : sql``
  return db.rows<PaymentRow>(sql`
    select ${columns} from payment.payments p where p.user_id = ${userId} ${from}
    order by p.created_at desc, p.id desc limit ${limit}`)
}

export async function paymentsOfShow(db: Reader, userId: string, showId: string): Promise<PaymentRow[]> {
  return db.rows<PaymentRow>(sql`
    select ${columns} from payment.payments p where p.user_id = ${userId} and p.show_id = ${showId}
    order by p.created_at, p.id limit 100`)
}

/** Takes the payments nobody drives: each gets the next attempt number and is the caller's until `next`. */
export async function takeDue(
  db: Reader,
  { now, next, limit, id }: { now: number; next: number; limit: number; id?: string },
): Promise<PaymentRow[]> {
  const one = id === undefined ? sql`` : sql`and id = ${id}::uuid`
  return db.rows<PaymentRow>(sql`
    with due as materialized (
      select id from payment.payments
      where status = 'pending' and next_at <= ${at(now)} ${one}
      order by next_at limit ${limit} for no key update skip locked)
    update payment.payments p set attempt = p.attempt + 1, next_at = ${at(next)} from due
    where p.id = due.id returning ${columns}`)
}

/** Deadlines of payments that wait for a bank, between `after` and `to`, become `to`; answers how many. */
export async function liftWaits(tx: Tx, { after, to, limit }: { after: number; to: number; limit: number }): Promise<number> {
  const lifted = await tx.rows(sql`
    with late as materialized (
      select id from payment.payments
      where status = 'pending' and direction = 'forward' and until > ${at(after)} and until < ${at(to)}
      order by id limit ${limit} for no key update)
    update payment.payments p set until = ${at(to)} from late where p.id = late.id returning 1 as one`)
  return lifted.length
}

/** Locks in id order; `no key` leaves refunds free to be inserted meanwhile. */
export async function lockPayments(tx: Tx, ids: string[]): Promise<PaymentRow[]> {
  return tx.rows<PaymentRow>(sql`
    select ${columns} from payment.payments p where p.id = any(${ids}::uuid[]) order by p.id for no key update`)
}

/** Writes what may change of locked payments, each once. */
export async function writePayments(tx: Tx, rows: PaymentRow[]): Promise<void> {
  if (rows.length === 0) return
  const instants = (pick: (row: PaymentRow) => number | null) => rows.map(pick).map((ms) => (ms === null ? null : at(ms)))
  const written = await tx.rows(sql`
    update payment.payments p set amount = n.amount, refunded = n.refunded, status = n.status, direction = n.direction,
      debited = n.debited, refusal = n.refusal, refusal_params = n.params, tries = n.tries, next_at = n.next_at,
      until = n.until, ended_at = n.ended_at, event_version = n.event_version
    from unnest(${rows.map((p) => p.id)}::uuid[], ${rows.map((p) => p.amount)}::bigint[],
      ${rows.map((p) => p.refunded)}::bigint[], ${rows.map((p) => p.status)}::text[],
      ${rows.map((p) => p.direction)}::text[], ${rows.map((p) => p.debited)}::boolean[],
      ${rows.map((p) => p.refusal)}::text[], ${rows.map((p) => JSON.stringify(p.refusalParams))}::jsonb[],
      ${rows.map((p) => p.tries)}::int[], ${rows.map((p) => at(p.nextAt))}::timestamptz[],
      ${instants((p) => p.until)}::timestamptz[], ${instants((p) => p.endedAt)}::timestamptz[],
      ${rows.map((p) => p.eventVersion)}::bigint[])
      as n(id, amount, refunded, status, direction, debited, refusal, params, tries, next_at, until, ended_at, event_version)
    where p.id = n.id returning p.id`)
  assert.equal(written.length, rows.length, `wrote ${written.length} of ${rows.length} payments`)
}
