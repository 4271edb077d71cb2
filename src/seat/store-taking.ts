import sql from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'

export type HoldRow = {
  id: string; showId: string; userId: string; planVersion: number; seatIds: number[]; until: number; heldAt: number; extensions: number
  reservationId: string | null; pinnedBy: string | null; requestHash: string; fellBack: boolean; endedReason: string | null; sections: string[] | null
}
const columns = sql`id, show_id as "showId", user_id as "userId", plan_version as "planVersion", seat_ids as "seatIds", until,
  held_at as "heldAt", extensions, reservation_id as "reservationId", pinned_by as "pinnedBy", request_hash as "requestHash",
  fell_back as "fellBack", ended_reason as "endedReason", sections`

/** Holds by id, whatever their state, and the live ones of these users in this show. */
export const holdsOfOrBy = (db: Reader, ids: string[], userIds: string[], showId: string) => db.rows<HoldRow>(sql`
  select ${columns} from seat.holds where id = any(${ids}::uuid[])
  union
  select ${columns} from seat.holds where user_id = any(${userIds}::uuid[]) and show_id = ${showId} and ended_reason is null`)

export const holdById = async (db: Reader, id: string) => (await db.rows<HoldRow>(sql`select ${columns} from seat.holds where id = ${id}`))[0]
export const liveHoldsOf = (db: Reader, userId: string, showId: string | undefined) => db.rows<HoldRow>(sql`
  select ${columns} from seat.holds where user_id = ${userId} and ended_reason is null
    and (${showId ?? null}::uuid is null or show_id = ${showId ?? null}::uuid) order by held_at, id limit 200`)

export type Wish = { holdId: string; userId: string; seatIds: number[]; passNo: number; requestHash: string; fellBack: boolean; sections: string[] | null }
export type Verdict = { i: number; taken: number[] | null; verdict: 'held' | 'known' | 'seat_unknown' | 'seat_taken' | 'quota' }

/**
 * Grants each wish whole or not at all, in one statement: locks the wanted seats in id order, judges each wish on the
 * newest rows, takes the quota (limit and pass floor on its row), writes holds and seats. Precondition: no two wishes
 * share a seat, a user or an id. Shape and figures: docs/decisions/004.
 */
export const grant = (tx: Tx, showId: string, wishes: Wish[], at_: { now: number; until: number; seatsMax: number; planVersion: number }) => {
  const pairs = wishes.flatMap((wish, index) => wish.seatIds.map((seatId) => [index + 1, seatId] as const))
  return tx.rows<Verdict>(sql`
    with w as materialized (
      select * from unnest(${pairs.map(([i]) => i)}::int[], ${pairs.map(([, id]) => id)}::int[]) as w(i, seat_id)),
    locked as materialized (
      select s.id, w.i, s.status = 0 as free
      from w join seat.seats s on s.show_id = ${showId} and s.id = w.seat_id order by s.id for update of s),
    h as materialized (
      select h.*, exists (select 1 from seat.holds k where k.id = h.hold_id) as known
      from unnest(${wishes.map((wish) => wish.holdId)}::uuid[], ${wishes.map((wish) => wish.userId)}::uuid[],
        ${wishes.map((wish) => wish.seatIds.length)}::int[], ${wishes.map((wish) => wish.passNo)}::bigint[],
        ${wishes.map((wish) => wish.requestHash)}::text[], ${wishes.map((wish) => wish.fellBack)}::boolean[],
        ${wishes.map((wish) => wish.seatIds.join(','))}::text[], ${wishes.map((wish) => wish.sections?.join('\u001f') ?? null)}::text[])
        with ordinality as h(hold_id, user_id, n, pass_no, request_hash, fell_back, seat_ids, sections, i)),
    v as materialized (
      select h.i::int, h.known, h.n, count(l.id) as found, array_agg(l.id) filter (where not l.free) as taken,
        coalesce(bool_and(l.free), false) and count(l.id) = h.n and not h.known and h.n <= ${at_.seatsMax} as fit
      from h left join locked l on l.i = h.i group by h.i, h.known, h.n),
    q as (
      insert into seat.quotas as q (show_id, user_id, seats, seats_max, last_pass_held)
      select ${showId}, h.user_id, h.n, ${at_.seatsMax}, h.pass_no from v join h on h.i = v.i where v.fit order by h.user_id
      on conflict (show_id, user_id) do update set seats = q.seats + excluded.seats, last_pass_held = greatest(q.last_pass_held, excluded.last_pass_held)
        where q.seats + excluded.seats <= q.seats_max and excluded.last_pass_held >= q.pass_floor
      returning q.user_id),
    g as materialized (select h.* from v join h on h.i = v.i join q on q.user_id = h.user_id where v.fit),
    made as (
      insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash, fell_back, sections)
      select hold_id, ${showId}, user_id, ${at_.planVersion}, string_to_array(seat_ids, ',')::int[], ${at(at_.until)}, ${at(at_.now)}, request_hash, fell_back,
        string_to_array(sections, chr(31))
      from g returning 1),
    written as (
      update seat.seats s set status = 1, hold_id = g.hold_id, version = s.version + 1
      from locked l join g on g.i = l.i where s.show_id = ${showId} and s.id = l.id returning g.i),
    count as (select i, count(*) as n from written group by i)
    select v.i, v.taken, case when g.i is not null and c.n = v.n then 'held' when v.known then 'known' when v.found < v.n then 'seat_unknown'
      when v.fit or (v.taken is null and v.n > ${at_.seatsMax}) then 'quota' else 'seat_taken' end as verdict
    from v left join g on g.i = v.i left join count c on c.i = v.i`)
}

export const quotasOf = (db: Reader, showId: string, userIds: string[]) => db.rows<{ userId: string; seats: number; seatsMax: number; passFloor: number }>(sql`
  select user_id as "userId", seats, seats_max as "seatsMax", pass_floor as "passFloor" from seat.quotas
  where show_id = ${showId} and user_id = any(${userIds}::uuid[])`)

/** These holds and all that are bound to a reservation with one of them, locked in id order. */
export async function lockTogether(tx: Tx, ids: string[]): Promise<HoldRow[]> {
  const bound = await tx.rows<{ id: string }>(sql`
    select reservation_id as id from seat.holds where id = any(${ids}::uuid[]) and reservation_id is not null`)
  return tx.rows<HoldRow>(sql`
    select ${columns} from seat.holds
    where id = any(${ids}::uuid[]) or reservation_id = any(${bound.map((row) => row.id)}::uuid[]) order by id for update`)
}

/** Changes a quota by a difference, if the limit allows it and the pass (when one is needed) still counts. */
export async function shiftQuota(tx: Tx, to: { showId: string; userId: string; delta: number; passNo: number | null }): Promise<boolean> {
  const rows = await tx.rows(sql`
    update seat.quotas set seats = seats + ${to.delta} where show_id = ${to.showId} and user_id = ${to.userId}
      and seats + ${to.delta} <= seats_max and (${to.passNo}::bigint is null or ${to.passNo}::bigint >= pass_floor) returning 1 as one`)
  return rows.length === 1
}

export const insertHold = (tx: Tx, hold: HoldRow) => tx.rows(sql`
  insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, extensions, request_hash, fell_back, sections)
  values (${hold.id}, ${hold.showId}, ${hold.userId}, ${hold.planVersion}, ${hold.seatIds}::int[], ${at(hold.until)}, ${at(hold.heldAt)},
    ${hold.extensions}, ${hold.requestHash}, false, ${hold.sections}::text[])`)

/** Moves seats of replaced holds: wanted ones to the new hold, the others back on sale. */
export const swapSeats = (tx: Tx, showId: string, holdId: string, wanted: number[], let_go: number[]) => tx.rows<{ showId: string; seatId: number; status: number }>(sql`
  update seat.seats s set
    status = case when s.id = any(${wanted}::int[]) then 1 when h.watch_count > 0 then 4 else 0 end,
    hold_id = case when s.id = any(${wanted}::int[]) then ${holdId}::uuid end, reservation_id = null, version = s.version + 1
  from seat.shows h where h.show_id = ${showId} and s.show_id = ${showId} and s.id = any(${[...wanted, ...let_go]}::int[])
  returning s.show_id as "showId", s.id as "seatId", s.status`)

export const extendHolds = (tx: Tx, ids: string[], byMs: number) => tx.rows(sql`
  update seat.holds set until = until + ${byMs} * interval '1 millisecond', extensions = extensions + 1 where id = any(${ids}::uuid[])`)

export const bindHolds = (tx: Tx, bindings: { id: string; reservationId: string; until: number }[]) => tx.rows(sql`
  update seat.holds h set reservation_id = b.reservation_id, until = greatest(h.until, b.until)
  from unnest(${bindings.map((b) => b.id)}::uuid[], ${bindings.map((b) => b.reservationId)}::uuid[], ${bindings.map((b) => at(b.until))}::timestamptz[])
    as b(id, reservation_id, until) where h.id = b.id and h.ended_reason is null and h.pinned_by is null returning 1 as one`)

export const holdsOfReservations = (db: Reader, ids: string[]) => db.rows<HoldRow>(sql`
  select ${columns} from seat.holds where reservation_id = any(${ids}::uuid[]) order by id`)

/** Live unpinned holds past their end of shows that are not paused, whole reservations together. */
export const dueHolds = (db: Reader, before: number, limit: number) => db.rows<{ id: string }>(sql`
  with due as (
    select h.id, h.reservation_id from seat.holds h join seat.shows s on s.show_id = h.show_id
    where h.ended_reason is null and h.pinned_by is null and h.until <= ${at(before)} and s.paused_at is null order by h.until limit ${limit})
  select id from due union
  select h.id from due join seat.holds h on h.reservation_id = due.reservation_id where h.ended_reason is null and h.pinned_by is null`)

export const lastBeat = async (db: Reader) => (await db.rows<{ at: number }>(sql`select beat_at as at from seat.heartbeats where id = 1`))[0]?.at
export const writeBeat = (db: Reader, now: number) => db.rows(sql`
  insert into seat.heartbeats as b (id, beat_at) values (1, ${at(now)})
  on conflict (id) do update set beat_at = greatest(b.beat_at, excluded.beat_at)`)

/** Gives a running deadline that fell due while nobody could act time until `to`; answers how many moved. */
export const graceHolds = async (db: Reader, from: number, to: number, limit: number) => (await db.rows(sql`
  update seat.holds set until = ${at(to)} where id in (
    select id from seat.holds where ended_reason is null and pinned_by is null and until > ${at(from)} and until < ${at(to)} order by id limit ${limit} for update)
  returning 1 as one`)).length

export const shiftHolds = (tx: Tx, showId: string, byMs: number, atLeast: number) => tx.rows(sql`
  update seat.holds set until = greatest(until + ${byMs} * interval '1 millisecond', ${at(atLeast)})
  where show_id = ${showId} and ended_reason is null and pinned_by is null`)
