import sql from 'sql-template-tag'
import type { Reader, Tx } from '../platform/database.ts'
import { isLiveOfUser } from './live.ts'

type Ending = { showId: string; userId: string; passNo: number; unlessUsed?: boolean }

/** Each (show, user) once. Answers those whose floor is above their pass now. */
export const raiseFloors = (tx: Tx, endings: Ending[]) =>
  tx.rows<{ showId: string; userId: string }>(sql`
    insert into seat.quotas as q (show_id, user_id, seats_max, pass_floor)
    select s.show_id, e.user_id, s.tickets_per_user_max, e.pass_no + 1
    from unnest(${endings.map((e) => e.showId)}::uuid[], ${endings.map((e) => e.userId)}::uuid[],
      ${endings.map((e) => e.passNo)}::bigint[]) as e(show_id, user_id, pass_no)
    join seat.shows s on s.show_id = e.show_id
    order by s.show_id, e.user_id
    on conflict (show_id, user_id) do update set pass_floor = greatest(q.pass_floor, excluded.pass_floor)
      where q.seats = 0 or q.pass_floor >= excluded.pass_floor
        or (q.show_id, q.user_id) in (
          select u.show_id, u.user_id from unnest(${endings.map((e) => e.showId)}::uuid[],
            ${endings.map((e) => e.userId)}::uuid[], ${endings.map((e) => e.unlessUsed !== true)}::boolean[])
            as u(show_id, user_id, always) where u.always)
    returning q.show_id as "showId", q.user_id as "userId"`)

export type Quota = { seats: number; sold: number; seatsMax: number }

export async function quotaOf(db: Reader, showId: string, userId: string): Promise<Quota | undefined> {
  const [row] = await db.rows<Quota>(sql`
    select q.seats, q.seats_max as "seatsMax", coalesce((
      select sum(cardinality(p.seat_ids) - cardinality(p.freed_seat_ids)) from seat.pins p
      where p.user_id = q.user_id and p.show_id = q.show_id and p.status = 'sold'), 0)::int as sold
    from seat.quotas q where q.show_id = ${showId} and q.user_id = ${userId}`)
  return row
}

/** The live ones and the 200 that ended last. */
export const holdsOfUser = (db: Reader, showId: string, userId: string) =>
  db.rows<{ id: string; seatIds: number[]; heldAt: number; endedAt: number | null; endedReason: string | null }>(sql`
    select id, seat_ids as "seatIds", held_at as "heldAt", ended_at as "endedAt", ended_reason as "endedReason" from (
      select * from seat.holds h where h.user_id = ${userId} and h.show_id = ${showId} and ${isLiveOfUser}
      union all
      (select * from seat.holds h where h.user_id = ${userId} and h.show_id = ${showId} and h.ended_at is not null
        order by h.ended_at desc limit 200)) h
    order by held_at desc`)

/** Payments that were undone before they pinned anything know no show and are left out, unless a hold names it. */
export const pinsOfUser = (db: Reader, showId: string, userId: string) =>
  db.rows<{
    paymentId: string
    reservationId: string
    seatIds: number[]
    pinnedAt: number
    soldAt: number | null
    refusal: string | null
  }>(sql`
    select p.payment_id as "paymentId", p.reservation_id as "reservationId", p.seat_ids as "seatIds",
      p.pinned_at as "pinnedAt", p.sold_at as "soldAt", p.refusal
    from seat.pins p where p.user_id = ${userId} and (p.show_id = ${showId} or (p.refusal is not null and exists (
      select 1 from seat.holds h where h.reservation_id = p.reservation_id and h.show_id = ${showId})))
    order by p.pinned_at desc limit 200`)
