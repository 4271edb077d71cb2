import sql, { raw } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Line, Show } from './line.ts'
import { presentLine } from './line.ts'

export type Status = 'waiting' | 'called' | 'asleep' | 'woken' | 'inside' | 'ending' | 'ended'
export type PlaceRow = {
  windowId: string
  number: number
  rank: number | null
  userId: string
  status: Status
  sessionId: string | null
  passNo: number | null
  until: number | null
  /** how far the turn may be renewed; null: not claimed */
  turnUntil: number | null
  endedReason: string | null
  joinedAt: number
  endedAt: number | null
}
export type PlaceRef = { windowId: string; number: number }
/**
 * What the log of a line, `queue.place_events`, tells of a place after its joining. Every statement that changes a status
 * writes it, so a follower who knows the log up to an id, and the places up to a number, misses nothing after them.
 */
export type Happened = 'called' | 'slept' | 'woken' | 'claimed' | 'taken_over' | 'ended'
/** A place as it was before a statement, and how many rows that statement wrote: as many as it answers. */
export type Was = PlaceRef & { was: Status; written: number }

const columns = raw(`p.window_id as "windowId", p.number, p.rank, p.user_id as "userId", p.status, p.session_id as "sessionId",
  p.pass_no as "passNo", p.until, p.turn_until as "turnUntil", p.ended_reason as "endedReason", p.joined_at as "joinedAt", p.ended_at as "endedAt"`)
const windowIdsOf = (show: Show) => show.lines.map((line) => line.windowId)
const windowsOf = (refs: PlaceRef[]) => refs.map((ref) => ref.windowId)
const numbersOf = (refs: PlaceRef[]) => refs.map((ref) => ref.number)

/**
 * Rows by their keys, with their physical address `tid`. Plans are made once, while a line is short: a join would then
 * read the whole line for each row when it is long, a lateral with a limit cannot. Who writes holds the show's lock, so
 * the addresses hold until the statement has written.
 */
export const located = (refs: PlaceRef[]) => sql`
  select o.ctid as tid, o.* from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number)
  cross join lateral (
    select ctid, * from queue.places x where x.window_id = r.window_id and x.number = r.number limit 1) o`

/** The places these users mean: a turn before a wait, a live place before an ended one, the present line first. */
export async function placesOf(db: Reader, show: Show, userIds: string[]): Promise<Map<string, PlaceRow>> {
  const rows = await db.rows<PlaceRow>(sql`
    select ${columns} from unnest(${userIds}::uuid[]) as u(user_id) cross join lateral (
      select o.* from unnest(${windowIdsOf(show)}::uuid[]) as w(window_id) cross join lateral (
        -- a place that lives is the last one of its user: who joined and left a thousand times costs no more than others
        select * from queue.places e where e.user_id = u.user_id and e.window_id = w.window_id order by e.number desc limit 1) o
      order by case when o.status in ('called', 'inside') then 0 when o.status <> 'ended' then 1 else 2 end,
        o.window_id = ${presentLine(show).windowId}::uuid desc, o.joined_at desc, o.number desc limit 1) p`)
  return new Map(rows.map((row) => [row.userId, row]))
}

export async function livePlacesOf(tx: Reader, windowId: string, userIds: string[]): Promise<Map<string, PlaceRow>> {
  const rows = await tx.rows<PlaceRow>(sql`
    select ${columns} from queue.places p
    where p.window_id = ${windowId} and p.user_id = any(${userIds}::uuid[]) and p.status <> 'ended'`)
  return new Map(rows.map((row) => [row.userId, row]))
}

/** The highest number a user was given in a line. */
export async function lastPlaceOf(db: Reader, windowId: string, userId: string): Promise<number | undefined> {
  const [row] = await db.rows<{ number: number }>(sql`
    select number from queue.places where user_id = ${userId} and window_id = ${windowId} order by number desc limit 1`)
  return row?.number
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

/**
 * Calls up to `slots` places: woken ones first, then the line through rank `through`; each by rank. The stretch is
 * bounded, so that a call never reads the whole line; within a drawn roster it is given as the numbers of its ranks, which
 * are then written. The log has them in the order of their ranks.
 */
export const callNext = (tx: Tx, line: Line, stretch: Stretch, slots: number, until: { woken: number; waiting: number }, now: number) =>
  tx.rows<{ number: number; rank: number; until: number }>(sql`
    with woken as (
      select ctid as tid, number, rank, 0 as turn from queue.places
      where window_id = ${line.windowId} and status = 'woken' order by coalesce(rank, number) limit ${slots}),
    ahead as (${waitingIn(line, stretch, slots)}),
    next as materialized (
      select tid, rank, turn from (table woken union all table ahead) n order by turn, coalesce(rank, number) limit ${slots}),
    called as (
      update queue.places p set status = 'called', called_at = ${at(now)}, rank = n.rank,
        until = case p.status when 'woken' then ${at(until.woken)}::timestamptz else ${at(until.waiting)}::timestamptz end
      from next n where p.ctid = n.tid returning p.window_id, p.number, coalesce(p.rank, p.number) as place_rank, n.turn, p.until),
    told as (
      insert into queue.place_events (window_id, number, at, what)
      select window_id, number, ${at(now)}, 'called' from called order by turn, place_rank)
    select number, place_rank as rank, until from called order by turn, place_rank`)

/** From the rank after the last admitted one through this one; `numbers` are theirs, in order, where they were drawn. */
export type Stretch = { through: number; numbers: number[] | undefined }

const waitingIn = ({ windowId, admittedThrough }: Line, { through, numbers }: Stretch, slots: number) =>
  numbers
    ? sql`
      select o.tid, r.number, ${admittedThrough}::int + r.i::int as rank, 1 as turn from unnest(${numbers}::int[]) with ordinality as r(number, i)
      cross join lateral (
        select ctid as tid from queue.places x where x.window_id = ${windowId} and x.number = r.number and x.status = 'waiting' limit 1) o
      order by r.i limit ${slots}`
    : sql`
      select ctid as tid, number, rank, 1 as turn from queue.places
      where window_id = ${windowId} and number > ${admittedThrough} and number <= ${through} and status = 'waiting'
      order by number limit ${slots}`

/** Leavers are counted by blocks of so many ranks; within a block they are looked through. */
const blockSize = 256

/**
 * How many left of those not yet called, counted in stretches between the asked ranks (ascending): `stretch` k lies
 * before the k-th. Blocks in which no stretch ends are known as a whole: however many left, little is read.
 */
export const leavers = (db: Reader, line: Line, ranks: number[]) =>
  db.rows<{ stretch: number; left: number }>(sql`
    with edges as materialized (select distinct n / ${blockSize}::int as block from unnest(${[line.admittedThrough, ...ranks]}::int[]) as n),
    found as (
      select width_bucket(b.block * ${blockSize}::int, ${ranks}::int[]) as stretch, b.places from queue.left_blocks b
      where b.window_id = ${line.windowId} and b.block > ${line.admittedThrough}::int / ${blockSize}::int
        and b.block < ${ranks.at(-1)}::int / ${blockSize}::int and b.block not in (select block from edges)
      union all
      select width_bucket(p.place_rank, ${ranks}::int[]), 1 from edges e cross join lateral (
        select coalesce(rank, number) as place_rank from queue.places
        where window_id = ${line.windowId} and coalesce(rank, number) >= e.block * ${blockSize}::int and coalesce(rank, number) < (e.block + 1) * ${blockSize}::int
          and coalesce(rank, number) > ${line.admittedThrough} and coalesce(rank, number) < ${ranks.at(-1)} and status = 'ended' and called_at is null offset 0) p)
    select stretch, sum(places)::int as left from found group by 1`)

export const tell = (tx: Tx, refs: PlaceRef[], what: Exclude<Happened, 'ended'>, now: number) =>
  tx.rows(sql`
    insert into queue.place_events (window_id, number, at, what)
    select window_id, number, ${at(now)}, ${what} from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number)`)

/** How often each of these places fell asleep, and when it last did. */
export const sleepsOf = (tx: Tx, refs: PlaceRef[]) =>
  tx.rows<PlaceRef & { sleeps: number; lastAt: number | null }>(sql`
    select r.window_id as "windowId", r.number, s.sleeps, s.last_at as "lastAt"
    from unnest(${windowsOf(refs)}::uuid[], ${numbersOf(refs)}::int[]) as r(window_id, number) cross join lateral (
      select count(*)::int as sleeps, max(e.at) as last_at from queue.place_events e
      where e.window_id = r.window_id and e.number = r.number and e.what = 'slept') s`)

export const wakePlaces = (tx: Tx, refs: PlaceRef[]) =>
  tx.rows(sql`
    update queue.places p set status = 'woken'
    where p.ctid = any(array(select tid from (${located(refs)}) f where f.status = 'asleep')) returning p.number`)

/**
 * Ends live places: who is inside becomes `ending` with its pass number and keeps the slot, everybody else ends at
 * once. Answers what each was.
 */
export const endPlaces = (tx: Tx, refs: PlaceRef[], reason: string, now: number) =>
  tx.rows<Was>(sql`
    with found as materialized (select * from (${located(refs)}) f where f.status not in ('ending', 'ended')),
    changed as (
      update queue.places p set until = null, ended_reason = ${reason},
        status = case p.status when 'inside' then 'ending' else 'ended' end,
        end_pass_no = case p.status when 'inside' then p.pass_no else p.end_pass_no end,
        ended_at = case p.status when 'inside' then null else ${at(now)}::timestamptz end
      where p.ctid = any(array(select tid from found)) returning 1),
    told as (
      insert into queue.place_events (window_id, number, at, what, reason)
      select window_id, number, ${at(now)}, 'ended', ${reason} from found where status <> 'inside'),
    counted as (
      insert into queue.left_blocks as b (window_id, block, places)
      select window_id, coalesce(rank, number) / ${blockSize}::int, count(*) from found where status = 'waiting' group by 1, 2
      on conflict (window_id, block) do update set places = b.places + excluded.places)
    select window_id as "windowId", number, status as was, (select count(*) from changed) as written from found`)

/** Missed turns fall asleep, passes that ran out end. Answers what each was; the slots are to be freed. */
export const endOverdue = (tx: Tx, windowIds: string[], before: number, now: number, max: number) =>
  tx.rows<Was>(sql`
    with due as materialized (
      select ctid as tid, window_id, number, status from queue.places
      where window_id = any(${windowIds}::uuid[]) and until <= ${at(before)} order by until limit ${max}),
    changed as (
      update queue.places p set until = null,
        status = case p.status when 'called' then 'asleep' else 'ended' end,
        ended_reason = case p.status when 'called' then null else 'pass_expired' end,
        ended_at = case p.status when 'called' then null else ${at(now)}::timestamptz end
      where p.ctid = any(array(select tid from due)) returning 1),
    told as (
      insert into queue.place_events (window_id, number, at, what, reason)
      select window_id, number, ${at(now)}, case status when 'called' then 'slept' else 'ended' end,
        case status when 'called' then null else 'pass_expired' end from due)
    select window_id as "windowId", number, status as was, (select count(*) from changed) as written from due`)

/** Live places of a line with one of these states, in the order of the index of live ones; fewer than `max` means that is all. */
export const placesIn = (tx: Tx, windowId: string, statuses: Status[], max: number) =>
  tx.rows<PlaceRef>(sql`
    select window_id as "windowId", number from queue.places
    where window_id = ${windowId} and status <> 'ended' and status = any(${statuses}::text[])
    order by user_id limit ${max}`)

export const livePlacesOfShow = (tx: Tx, show: Show, userIds: string[]) =>
  tx.rows<PlaceRef>(sql`
    select p.window_id as "windowId", p.number from unnest(${userIds}::uuid[]) as u(user_id) cross join lateral (
      select window_id, number from queue.places o
      where o.user_id = u.user_id and o.window_id = any(${windowIdsOf(show)}::uuid[]) 
        and o.status <> 'ended' and o.status <> 'ending'
      limit ${show.lines.length}) p`)

/** Everything that ever happened to the places of a user in a show, in the order of the log. */
export const historyOf = (db: Reader, showId: string, userId: string) =>
  db.rows<PlaceRow & { events: { at: number; what: Happened; reason: string | null }[]; drawnAt: number | null; seed: string | null; rosterCount: number }>(sql`
    select ${columns}, l.seed, l.roster_count as "rosterCount",
      (select drawn_at from queue.draws d where d.window_id = l.window_id) as "drawnAt", coalesce((
      select json_agg(json_build_object('at', round(extract(epoch from e.at) * 1000), 'what', e.what, 'reason', e.reason) order by e.id)
      from queue.place_events e where e.window_id = p.window_id and e.number = p.number), '[]') as events
    from queue.lines l cross join lateral (
      select * from queue.places o where o.user_id = ${userId} and o.window_id = l.window_id order by o.number desc limit 50) p
    where l.show_id = ${showId} order by p.joined_at desc limit 50`)
