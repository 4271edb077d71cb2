import sql, { type Sql } from 'sql-template-tag'
import { intMax } from '../platform/contract.ts'
import { at, type Reader, sqlState } from '../platform/database.ts'
import { HoldWrittenMeanwhile, joined } from './store-holds.ts'
import { ShowClosedMeanwhile } from './store-versions.ts'

export type Wanted = {
  holdId: string
  userId: string
  seatIds: number[]
  passNo: number
  hash: string
  fellBack: boolean
  sections: string[] | null
}
/** Why wish `i`, from 1, got nothing. `found`: how many of the seats exist; `fits`: only the quota said no. */
export type Lost = { i: number; fits: boolean; found: number; taken: number[] | null }
/** `version` is the show's new one, null when nothing was granted. */
export type Verdict = { lost: Lost[]; version: number | null }

/** The show has another plan by now. */
export class PlanChangedMeanwhile extends Error {}

/** What `seat.must` raises when not all can be granted. */
const notAll = 'OR001'
/** How these statements undo themselves for all: a hold id that exists, and what `seat.must` raises. */
const undone: Record<string, new (message: string) => Error> = { 23505: HoldWrittenMeanwhile, OR002: ShowClosedMeanwhile, OR003: PlanChangedMeanwhile }

export type Grant = { showId: string; planVersion: number; now: number; until: number; wanted: Wanted[] }

/**
 * The hold statement where nothing speaks against any of these wishes: grants all of them and answers the show's new
 * version, or undoes itself and answers undefined. It writes seats that are free without a look at them before. Locks in
 * the order of `grantHolds`, and as it throws HoldWrittenMeanwhile.
 */
export async function grantAll(db: Reader, { showId, planVersion, now, until, wanted }: Grant): Promise<number | undefined> {
  const pairs = wanted.flatMap(({ seatIds, holdId }) => seatIds.map((id) => [id, holdId] as const))
  const [row] = await db.rows<{ version: number }>(sql`
    with w as materialized (
      -- of a range the planner expects few: it keeps no copies of places that are asked for once
      select * from unnest(${pairs.map(([id]) => id)}::int[], ${pairs.map(([, holdId]) => holdId)}::uuid[]) as w(seat_id, hold_id)
      where seat_id between 1 and ${intMax}::int order by seat_id),
    held as (
      -- one look-up a seat by its key, as below, then by its place. Whether a row that others wrote meanwhile is written where it
      -- is now or missing is the database's: it is free, or the count is short
      update seat.seats s set status = 1, hold_id = f.hold_id, version = s.version + 1
      from (select w.hold_id, p.place from w cross join lateral (
        select s.ctid as place from seat.seats s where s.show_id = ${showId} and s.id = w.seat_id offset 0) p) f
      where s.ctid = f.place and s.status = 0 returning 1),
    seated as materialized (select count(*) = ${pairs.length}::int as complete from held),
    v as materialized (
      select h.*, x.plan_version, x.tickets_per_user_max from ${wishesOf(wanted)}
      join seat.shows x on x.show_id = ${showId} and x.plan_version = ${planVersion}),
    b as (${quotasOf(showId, sql`v where (select complete from seated)`)} returning 1),
    written as (${holdsOf({ showId, until, now }, sql`v where (select count(*) from b) = ${wanted.length}::int`)} returning 1),
    bumped as (${bump(showId, sql`(select count(*) from written) = ${wanted.length}::int`)})
    select version, seat.must(version is not null, ${notAll}, 'not all of these holds are possible')
    from (select (select version from bumped) as version) b`).catch((error: unknown) => (sqlState(error) === notAll ? [] : rethrow(error)))
  return row?.version
}

/**
 * The hold statement, a transaction by itself. Each seat and each user at most once. Locks seats in id order, then the
 * quotas of those whose seats are all free, the show last. Whoever is not among the lost has a hold. Throws
 * HoldWrittenMeanwhile, ShowClosedMeanwhile or PlanChangedMeanwhile, and then nothing was written.
 */
export async function grantHolds(db: Reader, { showId, planVersion, now, until, wanted }: Grant): Promise<Verdict> {
  const pairs = wanted.flatMap(({ seatIds }, index) => seatIds.map((id) => [index + 1, id] as const))
  const rows = await db.rows<{ version: number | null } & (Lost | { i: null })>(sql`
    with w as materialized (
      select * from unnest(${pairs.map(([i]) => i)}::int[], ${pairs.map(([, id]) => id)}::int[]) as w(i, seat_id)),
    locked as materialized (
      -- one look-up a seat, whatever the planner knows: without statistics a join reads the whole show
      select s.id, w.i, s.free from (select * from w order by seat_id) w
      cross join lateral (
        select s.id, s.status = 0 as free from seat.seats s
        where s.show_id = ${showId} and s.id = w.seat_id for update) s),
    counted as materialized (
      select i, count(*)::int as found, bool_and(free) as free, array_agg(id) filter (where not free) as taken
      from locked group by i),
    v as materialized (
      select h.*, c.taken, x.plan_version, x.tickets_per_user_max, coalesce(c.found, 0) as found,
        coalesce(c.free, false) and coalesce(c.found, 0) = h.n as fits
      from ${wishesOf(wanted)}
      join seat.shows x on x.show_id = ${showId} and x.plan_version = ${planVersion}
      left join counted c on c.i = h.i),
    b as (${quotasOf(showId, sql`v where fits`)} returning q.user_id),
    g as materialized (select v.* from v join b using (user_id) where v.fits),
    written as (${holdsOf({ showId, until, now }, sql`g`)} returning 1),
    held as (
      update seat.seats s set status = 1, hold_id = g.hold_id, version = s.version + 1
      from locked l join g using (i) where s.show_id = ${showId} and s.id = l.id returning 1),
    done as materialized (
      select (select count(*) from g) as granted, (select count(*) from written) as written,
        (select sum(n) from g) as wanted, (select count(*) from held) as held),
    bumped as (${bump(showId, sql`(select granted + written + held from done) > 0`)}),
    sound as materialized (
      select seat.must((select count(*) from v) = ${wanted.length}::int, 'OR003', 'the show has another plan'),
        seat.must(held = coalesce(wanted, 0), 'OR000', 'a hold has not all its seats'),
        seat.must(granted = 0 or (select count(*) from bumped) = 1, 'OR002', 'the show closed while its seats were held')
      from done)
    select (select version from bumped) as version, l.i, l.fits, l.found, l.taken
    from sound left join (select v.* from v left join g using (i) where g.i is null) l on true order by l.i`).catch(rethrow)
  const lost = rows.filter((row): row is Lost & { version: number | null } => row.i !== null)
  return { lost, version: rows[0]?.version ?? null }
}

/** Wishes `h`, numbered from 1. */
const wishesOf = (wanted: Wanted[]) => sql`unnest(${wanted.map((w) => w.holdId)}::uuid[], ${wanted.map((w) => w.userId)}::uuid[],
  ${wanted.map((w) => w.seatIds.length)}::int[], ${wanted.map((w) => w.passNo)}::bigint[],
  ${wanted.map((w) => w.hash)}::text[], ${wanted.map((w) => w.fellBack)}::boolean[],
  ${wanted.map((w) => joined(w.sections))}::text[], ${wanted.map((w) => w.seatIds.join('-'))}::text[])
  with ordinality as h(hold_id, user_id, n, pass_no, hash, fell_back, sections, seat_ids, i)`

/** Who is within the quota and not below its floor is in it; the others are left as they are. */
const quotasOf = (showId: string, fitting: Sql) => sql`
  insert into seat.quotas as q (show_id, user_id, seats, seats_max, last_pass_held)
  select ${showId}, user_id, n, tickets_per_user_max, pass_no from ${fitting} and n <= tickets_per_user_max order by user_id
  on conflict (show_id, user_id) do update set seats = q.seats + excluded.seats,
    last_pass_held = greatest(q.last_pass_held, excluded.last_pass_held)
    where q.seats + excluded.seats <= q.seats_max and excluded.last_pass_held >= q.pass_floor`

const holdsOf = ({ showId, until, now }: Pick<Grant, 'showId' | 'until' | 'now'>, granted: Sql) => sql`
  insert into seat.holds (id, show_id, user_id, plan_version, seat_ids, until, held_at, request_hash, fell_back, sections)
  select hold_id, ${showId}, user_id, plan_version, string_to_array(seat_ids, '-')::int[], ${at(until)}, ${at(now)}, hash, fell_back,
    string_to_array(sections, chr(31)) from ${granted}`

/** `when` reads what was done, so that the show's row is locked last. */
const bump = (showId: string, when: Sql) =>
  sql`update seat.shows set version = version + 1 where show_id = ${showId} and status = 'open' and ${when} returning version`

function rethrow(error: unknown): never {
  const Meanwhile = undone[sqlState(error) ?? '']
  throw Meanwhile ? new Meanwhile((error as Error).message) : error
}
