import sql from 'sql-template-tag'
import type { Check } from '../platform/check.ts'
import { at } from '../platform/database.ts'

/** A sweep runs four times a second and acts half a second late; this much is more than both. */
const overdueMs = 2_500

/** Invariants of the seat schema by itself: each query answers at most 20 violations. */
export const seatChecks: Check[] = [
  {
    id: 'I1',
    name: 'a seat is sold exactly while a sold pin of its reservation names it',
    query: () => sql`
      with named as (
        select p.show_id, w.id, p.reservation_id from seat.pins p, unnest(p.seat_ids) as w(id)
        where p.status = 'sold' and w.id <> all(p.freed_seat_ids)),
      sold as (select show_id, id, reservation_id from seat.seats where status = 3)
      select show_id, id, reservation_id, 'sold without a pin' as wrong from (table sold except all table named) a
      union all
      select show_id, id, reservation_id, 'a sold pin without the seat' from (table named except all table sold) b
      limit 20`,
  },
  {
    id: 'I2',
    name: 'a held or pinned seat belongs to a live hold that lists it',
    query: () => sql`
      select s.show_id, s.id, s.hold_id, h.ended_reason from seat.seats s left join seat.holds h on h.id = s.hold_id
      where s.status in (1, 2)
        and (h.id is null or h.ended_reason is not null or h.show_id <> s.show_id or s.id <> all(h.seat_ids))
      limit 20`,
  },
  {
    id: 'I2',
    name: 'no seat is in two live holds',
    query: () => sql`
      select h.show_id, w.id, array_agg(h.id) as holds from seat.holds h, unnest(h.seat_ids) as w(id)
      where h.ended_reason is null group by h.show_id, w.id having count(*) > 1 limit 20`,
  },
  {
    id: 'I2',
    name: 'a hold is pinned exactly by a running payment of its reservation, with all its seats',
    query: () => sql`
      select h.id, h.pinned_by, h.reservation_id, 'hold without its payment' as wrong
      from seat.holds h left join seat.pins p on p.payment_id = h.pinned_by
      where h.pinned_by is not null
        and (p.status is distinct from 'pinned' or p.reservation_id <> h.reservation_id or not h.seat_ids <@ p.seat_ids)
      union all
      select null, p.payment_id, p.reservation_id, 'payment without its seats'
      from seat.pins p where p.status = 'pinned' and cardinality(p.seat_ids) <> (
        select count(*) from seat.holds h join seat.seats s on s.hold_id = h.id
        where h.reservation_id = p.reservation_id and h.pinned_by = p.payment_id and s.status = 2)
      union all
      select s.hold_id, null, s.reservation_id, 'pinned seat of a hold that is not'
      from seat.seats s join seat.holds h on h.id = s.hold_id where s.status = 2 and h.pinned_by is null
      limit 20`,
  },
  {
    id: 'I3',
    name: 'a hold has all its seats or none',
    query: () => sql`
      select h.id, h.show_id, h.ended_reason, cardinality(h.seat_ids) as wanted, count(s.id) as has
      from seat.holds h left join seat.seats s on s.hold_id = h.id and s.status in (1, 2)
      where h.ended_reason is null or s.id is not null
      group by h.id having count(s.id) <> case when h.ended_reason is null then cardinality(h.seat_ids) else 0 end
      limit 20`,
  },
  {
    id: 'I4',
    name: 'no unpinned hold outlives its end by more than the sweep takes',
    // judged by the last beat, which follows a sweep: while nothing sweeps, after a crash, nothing is late
    query: (now) => sql`
      select h.id, h.show_id, h.until from seat.holds h
      join seat.shows s on s.show_id = h.show_id join seat.heartbeats b on b.id = 1
      where h.ended_reason is null and h.pinned_by is null and s.paused_at is null
        and h.until + make_interval(secs => ${overdueMs / 1000}::float8) < least(b.beat_at, ${at(now)}) limit 20`,
  },
  {
    id: 'I18',
    name: 'a quota is the number of seats its user holds and owns, within its maximum',
    query: () => sql`
      with counted as (
        select s.show_id, h.user_id, count(*) as seats from seat.seats s join seat.holds h on h.id = s.hold_id
        where s.status in (1, 2, 3) group by s.show_id, h.user_id)
      select show_id, user_id, q.seats as quota, c.seats as counted, q.seats_max
      from seat.quotas q full join counted c using (show_id, user_id)
      where coalesce(q.seats, 0) <> coalesce(c.seats, 0) or c.seats > q.seats_max limit 20`,
  },
  {
    id: 'I15',
    name: 'a show has counted every write of its seats, and told of no version it has not reached',
    query: () => sql`
      select s.show_id, s.version, s.stock_version, max(x.version) as seat_version
      from seat.shows s left join seat.seats x on x.show_id = s.show_id
      group by s.show_id having s.stock_version > s.version or max(x.version) > s.version limit 20`,
  },
  {
    id: 'I1',
    name: 'a show that is ready has a row for every seat of its plan, numbered without gaps',
    query: () => sql`
      select s.show_id, s.seats_count, count(x.id) as rows, max(x.id) as last
      from seat.shows s left join seat.seats x on x.show_id = s.show_id where s.ready
      group by s.show_id having count(x.id) <> s.seats_count or max(x.id) <> s.seats_count limit 20`,
  },
]
