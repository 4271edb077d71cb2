import sql, { raw } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Line, Show } from './line.ts'
import { presentLine } from './line.ts'

export type Status = 'waiting' | 'called' | 'asleep' | 'woken' | 'inside' | 'ending' | 'ended'
export type PlaceRow = {
  windowId: string
  number: number
  userId: string
  status: Status
  sessionId: string | null
  passNo: number | null
  until: number | null
  endedReason: string | null
  joinedAt: number
  endedAt: number | null
}
export type PlaceRef = { windowId: string; number: number }

const columns = raw(`p.window_id as "windowId", p.number, p.user_id as "userId", p.status, p.session_id as "sessionId",
  p.pass_no as "passNo", p.until, p.ended_reason as "endedReason", p.joined_at as "joinedAt", p.ended_at as "endedAt"`)
const windowsOf = (refs: PlaceRef[]) => refs.map((ref) => ref.windowId)
const numbersOf = (refs: PlaceRef[]) => refs.map((ref) => ref.number)

/** The places these users mean: a turn before a wait, a live place before an ended one, the present line first. */
export async function placesOf(db: Reader, show: Show, userIds: string[]): Promise<Map<string, PlaceRow>> {
  const rows = await db.rows<PlaceRow>(sql`
    select distinct on (p.user_id) ${columns} from queue.places p
    where p.user_id = any(${userIds}::uuid[]) and p.window_id = any(${show.lines.map((line) => line.windowId)}::uuid[])
    order by p.user_id, case when p.status in ('called', 'inside') then 0 when p.status <> 'ended' then 1 else 2 end,
      p.window_id = ${presentLine(show).windowId}::uuid desc, p.joined_at desc, p.number desc`)
  return new Map(rows.map((row) => [row.userId, row]))
}

export async function livePlacesOf(tx: Tx, windowId: string, userIds: string[]): Promise<Map<string, PlaceRow>> {
  const rows = await tx.rows<PlaceRow>(sql`
    select ${columns} from queue.places p
    where p.window_id = ${windowId} and p.user_id = any(${userIds}::uuid[]) and p.status <> 'ended'`)
  return new Map(rows.map((row) => [row.userId, row]))
}

/** New places get the next numbers in the given order; the line's row is locked, so numbers commit in their order. */
export const append = (tx: Tx, line: Line, userIds: string[], now: number) =>
  tx.rows<PlaceRow>(sql`
    with added as (
      insert into queue.places as p (window_id, number, user_id, status, joined_at)
      select ${line.windowId}, ${line.last}::int + u.i, u.user_id, 'waiting', ${at(now)}
      from unnest(${userIds}::uuid[]) with ordinality as u(user_id, i) order by u.i
      returning ${columns}),
    bumped as (update queue.lines set last = last + (select count(*) from added) where window_id = ${line.windowId})
    select * from added`)

/** Calls up to `slots` places: woken ones first, then the line; each by number. `woken` tells which. */
export const callNext = (tx: Tx, line: Line, slots: number, until: { woken: number; waiting: number }, now: number) =>
  tx.rows<{ number: number; userId: string; until: number; woken: boolean }>(sql`
    with woken as (
      select number, 0 as turn from queue.places
      where window_id = ${line.windowId} and status = 'woken' order by number limit ${slots}),
    ahead as (
      select number, 1 as turn from queue.places
      where window_id = ${line.windowId} and number > ${line.admittedThrough} and status = 'waiting'
      order by number limit ${slots}),
    next as (select number, turn from (table woken union all table ahead) n order by turn, number limit ${slots}),
    called as (
      update queue.places p set status = 'called', called_at = ${at(now)},
        until = case n.turn when 0 then ${at(until.woken)}::timestamptz else ${at(until.waiting)}::timestamptz end
      from next n where p.window_id = ${line.windowId} and p.number = n.number
      returning p.window_id, p.number, p.user_id, p.until, n.turn),
    told as (
      insert into queue.place_events (window_id, number, at, what) select window_id, number, ${at(now)}, 'called' from called)
    select number, user_id as "userId", until, turn = 0 as woken from called order by turn, number`)

/**
 * How many left of those not yet called, counted in stretches between the asked numbers (ascending): `stretch` k lies
 * before the k-th. One pass over the leavers for any number of askers.
 */
export const leavers = (db: Reader, line: Line, numbers: number[]) =>
  db.rows<{ stretch: number; left: number }>(sql`
    select width_bucket(number, ${numbers}::int[]) as stretch, count(*) as left from queue.places
    where window_id = ${line.windowId} and number > ${line.admittedThrough} and number < ${numbers.at(-1)}
      and status = 'ended' and called_at is null
    group by 1`)

export const tell = (tx: Tx, refs: PlaceRef[], what: string, now: number) =>
  tx.rows(sql`
    insert into queue.place_events (window_id, number, at, what)
    select window_id, number, ${at(now)}, ${what} from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number)`)

export const wakePlaces = (tx: Tx, refs: PlaceRef[]) =>
  tx.rows(sql`
    update queue.places p set status = 'woken' from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number)
    where p.window_id = r.window_id and p.number = r.number and p.status = 'asleep' returning p.number`)

/**
 * Ends live places: who is inside becomes `ending` with its pass number and keeps the slot, everybody else ends at
 * once. Answers what each was.
 */
export const endPlaces = (tx: Tx, refs: PlaceRef[], reason: string, now: number) =>
  tx.rows<PlaceRef & { was: Status }>(sql`
    update queue.places p set until = null, ended_reason = ${reason},
      status = case o.status when 'inside' then 'ending' else 'ended' end,
      end_pass_no = case o.status when 'inside' then o.pass_no else o.end_pass_no end,
      ended_at = case o.status when 'inside' then null else ${at(now)}::timestamptz end
    from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number)
    join queue.places o on o.window_id = r.window_id and o.number = r.number
    where p.window_id = r.window_id and p.number = r.number and p.status not in ('ending', 'ended')
    returning p.window_id as "windowId", p.number, o.status as was`)

/** Missed turns fall asleep, passes that ran out end. Answers what each was; the slots are to be freed. */
export const endOverdue = (tx: Tx, windowIds: string[], before: number, now: number, max: number) =>
  tx.rows<PlaceRef & { was: Status }>(sql`
    with due as (
      select window_id, number, status from queue.places
      where window_id = any(${windowIds}::uuid[]) and until <= ${at(before)} order by until limit ${max}),
    moved as (
      update queue.places p set until = null,
        status = case d.status when 'called' then 'asleep' else 'ended' end,
        ended_reason = case d.status when 'called' then null else 'pass_expired' end,
        ended_at = case d.status when 'called' then null else ${at(now)}::timestamptz end
      from due d where p.window_id = d.window_id and p.number = d.number
      returning p.window_id, p.number, d.status as was),
    told as (
      insert into queue.place_events (window_id, number, at, what)
      select window_id, number, ${at(now)}, 'slept' from moved where was = 'called')
    select window_id as "windowId", number, was from moved`)

/** Live places of a line with one of these states; fewer than `max` means that is all. */
export const placesIn = (tx: Tx, windowId: string, statuses: Status[], max: number) =>
  tx.rows<PlaceRef>(sql`
    select window_id as "windowId", number from queue.places
    where window_id = ${windowId} and status <> 'ended' and status = any(${statuses}::text[]) limit ${max}`)

export const livePlacesOfShow = (tx: Tx, show: Show, userIds: string[]) =>
  tx.rows<PlaceRef>(sql`
    select window_id as "windowId", number from queue.places
    where user_id = any(${userIds}::uuid[]) and window_id = any(${show.lines.map((line) => line.windowId)}::uuid[])
      and status not in ('ending', 'ended')`)

/** Everything that ever happened to the places of a user in a show. */
export const historyOf = (db: Reader, showId: string, userId: string) =>
  db.rows<PlaceRow & { events: { at: number; what: string }[] }>(sql`
    select ${columns}, coalesce((
      select json_agg(json_build_object('at', round(extract(epoch from e.at) * 1000), 'what', e.what) order by e.id)
      from queue.place_events e where e.window_id = p.window_id and e.number = p.number), '[]') as events
    from queue.places p join queue.lines l on l.window_id = p.window_id
    where p.user_id = ${userId} and l.show_id = ${showId} order by p.joined_at desc limit 50`)
