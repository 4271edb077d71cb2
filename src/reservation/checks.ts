import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

const releaseAgeMaxMs = 60_000

/** Invariants of the reservation schema by itself: each query answers at most 20 violations. */
export const reservationChecks: Check[] = [
  {
    id: 'I1',
    name: 'a seat is on at most one active line of the confirmed reservations',
    query: () => sql`
      select l.show_id, l.seat_id, array_agg(r.id) as reservations
      from reservation.lines l join reservation.reservations r on r.id = l.reservation_id
      where l.status = 'active' and r.status = 'confirmed'
      group by l.show_id, l.seat_id having count(*) > 1 limit 20`,
  },
  {
    id: 'I1',
    name: 'active lines are marked sold exactly while their reservation is confirmed',
    query: () => sql`
      select l.reservation_id, l.seat_id, r.status, l.sold
      from reservation.lines l join reservation.reservations r on r.id = l.reservation_id
      where l.status = 'active' and l.sold <> (r.status = 'confirmed') limit 20`,
  },
  {
    id: 'I6',
    name: 'what a payment was asked is the sum of price and fee of the lines it was for',
    query: () => sql`
      select s.payment_id, s.amount, coalesce(sum(l.price + l.fee), 0) as lines
      from reservation.payments_seen s
      left join reservation.lines l on l.reservation_id = s.reservation_id and l.seat_id = any(s.seat_ids)
      where s.amount is not null group by s.payment_id
      having s.amount <> coalesce(sum(l.price + l.fee), 0) or count(l.seat_id) <> cardinality(s.seat_ids) limit 20`,
  },
  {
    id: 'I6',
    name: 'a confirmed payment and its reservation name the same sum',
    query: () => sql`
      select r.id, r.paid_amount, s.amount from reservation.reservations r
      left join reservation.payments_seen s on s.payment_id = r.payment_id and s.status = 'pinned'
      where r.confirmed_at is not null and (s.payment_id is null or s.amount <> r.paid_amount) limit 20`,
  },
  {
    id: 'I8',
    name: 'paid less refunds is what the active lines cost',
    query: () => sql`
      select r.id, r.paid_amount, r.total, coalesce(c.refund, 0) as refunded from reservation.reservations r
      left join (select reservation_id, sum(refund) as refund from reservation.cancellations group by 1) c
        on c.reservation_id = r.id
      where r.confirmed_at is not null and r.paid_amount - coalesce(c.refund, 0) <> r.total limit 20`,
  },
  {
    id: 'I8',
    name: 'nothing is refunded that was not paid, and a refund is the sum of the lines it ended',
    query: () => sql`
      select c.id, c.refund, coalesce(sum(l.price + l.fee), 0) as lines
      from reservation.cancellations c join reservation.reservations r on r.id = c.reservation_id
      left join reservation.lines l on l.cancelled_by = c.id
      group by c.id, r.confirmed_at
      having c.refund <> case when r.confirmed_at is null then 0 else coalesce(sum(l.price + l.fee), 0) end limit 20`,
  },
  {
    id: 'I8',
    name: 'a cancellation is counted for the show of its reservation, and as paid exactly if that was',
    query: () => sql`
      select c.id, c.show_id, r.show_id as show_of_reservation, c.paid, r.confirmed_at
      from reservation.cancellations c join reservation.reservations r on r.id = c.reservation_id
      where c.show_id <> r.show_id or c.paid <> (r.confirmed_at is not null) limit 20`,
  },
  {
    id: 'I8',
    name: 'live reservations have an active line, ended ones have none, and totals add up',
    query: () => sql`
      select r.id, r.status, r.total, count(l.seat_id) as active, coalesce(sum(l.price + l.fee), 0) as lines
      from reservation.reservations r
      left join reservation.lines l on l.reservation_id = r.id and l.status = 'active'
      group by r.id
      having r.total <> coalesce(sum(l.price + l.fee), 0)
        or (count(l.seat_id) > 0) <> (r.status in ('pending', 'paying', 'confirmed')) limit 20`,
  },
  {
    id: 'I8',
    name: 'every line has its reservation',
    query: () => sql`
      select l.reservation_id, l.seat_id from reservation.lines l
      where not exists (select 1 from reservation.reservations r where r.id = l.reservation_id) limit 20`,
  },
  {
    id: 'I2',
    name: 'a reservation is paying exactly while a pin of its payment runs',
    query: () => sql`
      select r.id, r.status, r.payment_id, s.payment_id as pinned from reservation.reservations r
      full join (select * from reservation.payments_seen where status = 'pinned') s on s.reservation_id = r.id
      where (s.payment_id is not null or r.status = 'paying')
        and ((r.status is distinct from 'paying' and r.confirmed_at is null)
          or r.payment_id is distinct from s.payment_id) limit 20`,
  },
  {
    id: 'I9',
    name: 'seats of cancelled unpaid reservations are given back within a minute',
    query: (now) => sql`
      select id, ended_at, release_at from reservation.reservations
      where release_at is not null and ended_at < ${at(now - releaseAgeMaxMs)} limit 20`,
  },
  {
    id: 'I9',
    name: 'nobody is left a minute after a show was cancelled, except who is paying',
    query: (now) => sql`
      select r.id, r.status, s.show_id, s.closed_at from reservation.reservations r
      join reservation.shows s on s.show_id = r.show_id
      where s.closed_at < ${at(now - releaseAgeMaxMs)} and r.status in ('pending', 'confirmed') limit 20`,
  },
]
