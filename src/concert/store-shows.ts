import assert from 'node:assert/strict'
import sql, { type Sql } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { Plan, Show, ShowDetail, Window } from './api.ts'
import { seenByAll } from './store-concerts.ts'

export type ShowStatus = 'draft' | 'published' | 'closing' | 'cancelled' | 'deleted'
export type ShowRow = Pick<
  ShowDetail,
  | 'id' | 'concertId' | 'organiserId' | 'title' | 'venue' | 'startsAt' | 'endsAt' | 'timeZone' | 'currency' | 'planVersion'
  | 'prices' | 'totals' | 'bookingFee' | 'ticketsPerUserMax' | 'closingResult' | 'cancelledReason' | 'version' | 'createdAt' | 'updatedAt'
> & {
  status: ShowStatus
  policyVersion: number
  cutoffMinutes: number
  pausedAt: number | null
  closingPurpose: 'delete' | 'unpublish' | 'concert' | null
  closingAt: number | null
  emptiedAt: number | null
  requestHash: string
  eventVersion: number
}
type Read = ShowRow & { windows: Window[] }

const columns = sql`
  s.id, s.concert_id as "concertId", c.organiser_id as "organiserId", c.title, c.venue, s.status,
  s.starts_at as "startsAt", s.ends_at as "endsAt", s.time_zone as "timeZone", s.currency,
  s.plan_version as "planVersion", s.totals, s.prices, s.booking_fee as "bookingFee",
  s.tickets_per_user_max as "ticketsPerUserMax", s.policy_version as "policyVersion",
  s.cutoff_minutes as "cutoffMinutes", s.paused_at as "pausedAt", s.closing_purpose as "closingPurpose",
  s.closing_at as "closingAt", s.emptied_at as "emptiedAt", s.closing_result as "closingResult",
  s.cancelled_reason as "cancelledReason", s.request_hash as "requestHash", s.event_version as "eventVersion",
  s.version, s.created_at as "createdAt", s.updated_at as "updatedAt"`
const shows = sql`concert.shows s join concert.concerts c on c.id = s.concert_id`
/** In the show's own statement, so that a reader sees a show and its windows of one instant. */
const windows = sql`
  coalesce((
    select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'audience', w.audience, 'sections', w.sections,
      'lobbyOpensAt', (extract(epoch from w.lobby_opens_at) * 1000)::bigint, 'opensAt', (extract(epoch from w.opens_at) * 1000)::bigint,
      'closesAt', (extract(epoch from w.closes_at) * 1000)::bigint) order by w.opens_at, w.id)
    from concert.windows w where w.show_id = s.id), '[]') as windows`

/** Shows `s` of concerts `c`, as `rest` (where, order, limit) says. */
export async function readShows(db: Reader, rest: Sql): Promise<ShowDetail[]> {
  const rows = await db.rows<Read>(sql`select ${columns}, ${windows} from ${shows} ${rest}`)
  return rows.map(detailOf)
}

export async function readShow(db: Reader, showId: string): Promise<ShowDetail | undefined> {
  const [show] = await readShows(db, sql`where s.id = ${showId}`)
  return show
}

/** By start; `all` also answers drafts. */
export async function readShowsOf(
  db: Reader,
  { concertId, all, after, limit }: { concertId: string; all: boolean; after: { startsAt: number; id: string } | undefined; limit: number },
): Promise<ShowDetail[]> {
  const seen = all ? sql`s.status <> 'deleted'` : sql`s.status in ${seenByAll}`
  const later = after ? sql`(s.starts_at, s.id) > (${at(after.startsAt)}, ${after.id}::uuid)` : sql`true`
  return readShows(db, sql`where s.concert_id = ${concertId} and ${seen} and ${later} order by s.starts_at, s.id limit ${limit}::int`)
}

export async function readPlan(db: Reader, showId: string): Promise<Plan | null> {
  const [row] = await db.rows<{ plan: Plan | null }>(sql`select plan from concert.shows where id = ${showId}`)
  return row?.plan ?? null
}

/** The concert of a show never changes, so it may be read before anything is locked. */
export const concertsOf = (tx: Tx, showIds: string[]) =>
  tx.rows<{ showId: string; concertId: string }>(sql`
    select id as "showId", concert_id as "concertId" from concert.shows where id = any(${showIds}::uuid[])`)

type SoldOut = { showId: string; soldOut: boolean }
/** Of what seat told, what is new, with its concert. */
export const newlySoldOut = (tx: Tx, told: SoldOut[]) =>
  tx.rows<SoldOut & { concertId: string }>(sql`
    select s.id as "showId", s.concert_id as "concertId", t.sold_out as "soldOut"
    from unnest(${told.map((t) => t.showId)}::uuid[], ${told.map((t) => t.soldOut)}::boolean[]) as t(id, sold_out)
    join concert.shows s on s.id = t.id where s.sold_out <> t.sold_out`)

/** The concerts of these shows are locked. */
export const saveSoldOut = (tx: Tx, told: SoldOut[]) =>
  tx.rows(sql`
    update concert.shows s set sold_out = t.sold_out
    from unnest(${told.map((t) => t.showId)}::uuid[], ${told.map((t) => t.soldOut)}::boolean[]) as t(id, sold_out) where s.id = t.id`)

/** Locks shows of a concert whose row is already locked, by id. */
export const lockShow = async (tx: Tx, showId: string): Promise<ShowRow | undefined> => {
  const [row] = await tx.rows<ShowRow>(sql`select ${columns} from ${shows} where s.id = ${showId} for update of s`)
  return row
}
export const lockShowsOf = (tx: Tx, concertId: string) =>
  tx.rows<ShowRow>(sql`
    select ${columns} from ${shows} where s.concert_id = ${concertId} and s.status <> 'deleted'
    order by s.id for update of s`)

export async function insertShow(tx: Tx, show: ShowRow, now: number): Promise<boolean> {
  const rows = await tx.rows(sql`
    insert into concert.shows (id, concert_id, starts_at, ends_at, time_zone, currency, booking_fee,
      tickets_per_user_max, policy_version, cutoff_minutes, request_hash, created_at, updated_at)
    values (${show.id}, ${show.concertId}, ${at(show.startsAt)}, ${at(show.endsAt)}, ${show.timeZone}, ${show.currency},
      ${show.bookingFee}, ${show.ticketsPerUserMax}, ${show.policyVersion}, ${show.cutoffMinutes},
      ${show.requestHash}, ${at(now)}, ${at(now)})
    on conflict (id) do nothing returning 1 as one`)
  return rows.length === 1
}

/** Writes what may change of a locked show and counts it; its plan is written by `savePlan`. */
export async function saveShow(tx: Tx, show: ShowRow, now: number): Promise<void> {
  const rows = await tx.rows(sql`
    update concert.shows set status = ${show.status}, starts_at = ${at(show.startsAt)}, ends_at = ${at(show.endsAt)},
      time_zone = ${show.timeZone}, plan_version = ${show.planVersion}, prices = ${JSON.stringify(show.prices)}::jsonb,
      booking_fee = ${show.bookingFee}, tickets_per_user_max = ${show.ticketsPerUserMax},
      policy_version = ${show.policyVersion}, cutoff_minutes = ${show.cutoffMinutes},
      paused_at = ${orNull(show.pausedAt)}, closing_purpose = ${show.closingPurpose},
      closing_at = ${orNull(show.closingAt)}, emptied_at = ${orNull(show.emptiedAt)},
      closing_result = ${show.closingResult}, cancelled_reason = ${show.cancelledReason},
      event_version = ${show.eventVersion}, version = version + 1, updated_at = ${at(now)}
    where id = ${show.id} returning 1 as one`)
  assert.equal(rows.length, 1, `show ${show.id} vanished`)
}

/** A show that another shop sells needs no plan. */
export const markSoldHere = (tx: Tx, showId: string, soldHere: boolean) =>
  tx.rows(sql`
    update concert.shows set sold_here = ${soldHere}, sold_out = false where id = ${showId} and (sold_here <> ${soldHere} or sold_out)`)

export const savePlan = (tx: Tx, showId: string, plan: Plan, totals: Show['totals']) =>
  tx.rows(sql`
    update concert.shows set plan = ${JSON.stringify(plan)}::jsonb, totals = ${JSON.stringify(totals)}::jsonb
    where id = ${showId}`)

const orNull = (ms: number | null) => (ms === null ? null : at(ms))

function detailOf(row: Read): ShowDetail {
  const { id, concertId, organiserId, title, venue, startsAt, endsAt, timeZone, currency, status, planVersion, prices } = row
  const { bookingFee, ticketsPerUserMax, windows, totals, closingResult, cancelledReason, version, createdAt, updatedAt } = row
  return {
    id, concertId, organiserId, title, venue, startsAt, endsAt, timeZone, currency, status, planVersion, prices,
    bookingFee, ticketsPerUserMax, windows, totals, closingResult, cancelledReason, version, createdAt, updatedAt,
    paused: row.pausedAt !== null,
    policy: { version: row.policyVersion, cutoffMinutesBeforeStart: row.cutoffMinutes },
  }
}
