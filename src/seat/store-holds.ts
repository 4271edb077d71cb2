import assert from 'node:assert/strict'
import sql, { raw } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import { isLiveOfUser } from './live.ts'

export type HoldRow = {
  id: string
  showId: string
  userId: string
  kind: 'ordinary' | 'offer'
  planVersion: number
  seatIds: number[]
  until: number
  heldAt: number
  /** the end of the last pause it was given back */
  resumedAt: number | null
  extensions: number
  extensionIds: string[]
  reservationId: string | null
  pinnedBy: string | null
  requestHash: string
  fellBack: boolean
  endedReason: string | null
  /** sections its pass allowed; null for all */
  sections: string[] | null
}

/** An array of arrays has to be a rectangle for the database: lists travel as one text. */
export const joined = (sections: string[] | null) => sections?.join('\u001f') ?? null

const columns = raw(`h.id, h.show_id as "showId", h.user_id as "userId", h.kind, h.plan_version as "planVersion",
  h.seat_ids as "seatIds", h.until, h.held_at as "heldAt", h.resumed_at as "resumedAt", h.extensions,
  h.extension_ids as "extensionIds", h.reservation_id as "reservationId",
  h.pinned_by as "pinnedBy", h.request_hash as "requestHash", h.fell_back as "fellBack", h.ended_reason as "endedReason", h.sections`)

/** A hold with one of these ids is there already: a repeat of one that has ended, or another process was faster. */
export class HoldWrittenMeanwhile extends Error {}

/** Holds with these ids, whoever's they are, and all live holds of these users in the show. */
export const readHolds = (db: Reader, showId: string, holdIds: string[], userIds: string[]) =>
  db.rows<HoldRow>(sql`
    select ${columns} from seat.holds h where h.id = any(${holdIds}::uuid[])
    union all
    select ${columns} from seat.holds h
    where h.show_id = ${showId} and h.user_id = any(${userIds}::uuid[]) and ${isLiveOfUser}
      and h.id <> all(${holdIds}::uuid[])`)

export const readQuotas = (db: Reader, showId: string, userIds: string[]) =>
  db.rows<{ userId: string; seats: number; seatsMax: number; passFloor: number }>(sql`
    select user_id as "userId", seats, seats_max as "seatsMax", pass_floor as "passFloor" from seat.quotas
    where show_id = ${showId} and user_id = any(${userIds}::uuid[])`)

export async function knownHolds(db: Reader, holdIds: string[]): Promise<Set<string>> {
  const rows = await db.rows<{ id: string }>(sql`select id from seat.holds where id = any(${holdIds}::uuid[])`)
  return new Set(rows.map((row) => row.id))
}

export async function readHold(db: Reader, holdId: string): Promise<HoldRow | undefined> {
  const [row] = await db.rows<HoldRow>(sql`select ${columns} from seat.holds h where h.id = ${holdId}`)
  return row
}

export const readLiveHolds = (db: Reader, userId: string, showId: string | null, limit: number) =>
  db.rows<HoldRow>(sql`
    select ${columns} from seat.holds h
    where h.user_id = ${userId} and ${isLiveOfUser} and (${showId}::uuid is null or h.show_id = ${showId})
    order by h.held_at, h.id limit ${limit}`)

/**
 * Locks these holds and whatever is bound together with them or to these reservations, ended ones too, in id order.
 * A group never grows once it is bound, so the second statement completes what was bound while the first one waited.
 * The ids are an array because the planner, not knowing how many they are, would read the whole table for a join.
 */
export async function lockWhole(tx: Tx, holdIds: string[], reservationIds: string[] = []): Promise<HoldRow[]> {
  const rows = await tx.rows<HoldRow>(sql`
    with wanted as materialized (
      select id from unnest(${holdIds}::uuid[]) as w(id)
      union select id from seat.holds where reservation_id = any(${reservationIds}::uuid[])
      union select h.id from seat.holds n join seat.holds h on h.reservation_id = n.reservation_id
      where n.id = any(${holdIds}::uuid[]))
    select ${columns} from seat.holds h where h.id = any(array(select id from wanted)) order by h.id for update of h`)
  const bound = [...new Set([...reservationIds, ...rows.flatMap((row) => row.reservationId ?? [])])]
  if (bound.length === 0) return rows
  const known = rows.flatMap((row) => (row.reservationId === null ? [] : [row.id]))
  const late = await tx.rows<HoldRow>(sql`
    select ${columns} from seat.holds h where h.reservation_id = any(${bound}::uuid[])
      and h.id <> all(${known}::uuid[]) order by h.id for update`)
  return [...rows, ...late]
}

/** Quotas change by the difference, or not: who is missing in the answer would be above the maximum or below the floor. */
export async function shiftQuotas(tx: Tx, showId: string, shifts: { userId: string; by: number; passNo: number | null }[]) {
  const rows = await tx.rows<{ userId: string }>(sql`
    with w as materialized (
      select * from unnest(${shifts.map((s) => s.userId)}::uuid[], ${shifts.map((s) => s.by)}::int[],
        ${shifts.map((s) => s.passNo)}::bigint[]) as w(user_id, by, pass_no)),
    locked as materialized (
      select q.user_id from seat.quotas q join w using (user_id)
      where q.show_id = ${showId} order by q.user_id for update of q)
    update seat.quotas q set seats = q.seats + w.by, last_pass_held = greatest(q.last_pass_held, coalesce(w.pass_no, 0))
    from w where q.show_id = ${showId} and q.user_id = w.user_id and (select count(*) from locked) > 0
      and q.seats + w.by <= q.seats_max and (w.pass_no is null or w.pass_no >= q.pass_floor)
    returning q.user_id as "userId"`)
  return new Set(rows.map((row) => row.userId))
}

export async function insertHolds(tx: Tx, holds: HoldRow[]) {
  const rows = await tx.rows(sql`
    insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, extensions, request_hash,
      fell_back, sections, resumed_at)
    select h.id, h.show_id, h.user_id, h.plan_version, string_to_array(h.seat_ids, ',')::int[], h.until, h.held_at,
      h.extensions, h.hash, h.fell_back, string_to_array(h.sections, chr(31)), h.resumed_at
    from unnest(${holds.map((h) => h.id)}::uuid[], ${holds.map((h) => h.showId)}::uuid[],
      ${holds.map((h) => h.userId)}::uuid[], ${holds.map((h) => h.planVersion)}::int[],
      ${holds.map((h) => h.seatIds.join(','))}::text[], ${holds.map((h) => at(h.until))}::timestamptz[],
      ${holds.map((h) => at(h.heldAt))}::timestamptz[], ${holds.map((h) => h.extensions)}::int[],
      ${holds.map((h) => h.requestHash)}::text[], ${holds.map((h) => h.fellBack)}::boolean[],
      ${holds.map((h) => joined(h.sections))}::text[],
      ${holds.map((h) => (h.resumedAt === null ? null : at(h.resumedAt)))}::timestamptz[])
      as h(id, show_id, user_id, plan_version, seat_ids, until, held_at, extensions, hash, fell_back, sections, resumed_at)
    on conflict (id) do nothing returning 1 as one`)
  if (rows.length < holds.length) throw new HoldWrittenMeanwhile('a hold id was written twice')
}

/**
 * Locked seats go to their new hold; those without one are freed: returned where somebody watches, else available. The show is
 * said seat by seat: a plan made while there was no hall would read the whole of it for a show said once.
 */
export async function swapSeats(tx: Tx, showId: string, seats: { seatId: number; holdId: string | null }[]) {
  const rows = await tx.rows<{ seatId: number; status: number }>(sql`
    update seat.seats s set hold_id = w.hold_id, version = s.version + 1,
      status = case when w.hold_id is not null then 1 when x.watch_count > 0 then 4 else 0 end
    from unnest(${seats.map(() => showId)}::uuid[], ${seats.map((s) => s.seatId)}::int[], ${seats.map((s) => s.holdId)}::uuid[]) as w(show_id, id, hold_id)
    join seat.shows x on x.show_id = w.show_id
    where s.show_id = w.show_id and s.id = w.id and s.status in (0, 1) returning s.id as "seatId", s.status`)
  assert.equal(rows.length, seats.length, 'seats swapped')
  return rows
}
