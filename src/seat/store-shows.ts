import assert from 'node:assert/strict'
import sql from 'sql-template-tag'
import type { SaleWindow } from '../concert/api.ts'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { MapShape } from './api.ts'
import type { SeatInfo } from './picture.ts'

export const seatsPerStatementMax = 2_000

export type ShowRow = {
  showId: string
  status: 'open' | 'closing' | 'closed'
  planVersion: number
  ticketsPerUserMax: number
  startsAt: number
  version: number
  pausedAt: number | null
  windows: SaleWindow[]
  ready: boolean
  /** one digit a seat, its status code, in seat order */
  states: string
}

/** A show and the status of all its seats, of one instant. */
export async function readShow(db: Reader, showId: string): Promise<ShowRow | undefined> {
  const [row] = await db.rows<ShowRow>(sql`
    select s.show_id as "showId", s.status, s.plan_version as "planVersion",
      s.tickets_per_user_max as "ticketsPerUserMax", s.starts_at as "startsAt", s.version, s.paused_at as "pausedAt",
      s.windows, s.ready,
      coalesce((select string_agg(x.status::text, '' order by x.id) from seat.seats x where x.show_id = s.show_id), '')
        as states
    from seat.shows s where s.show_id = ${showId}`)
  return row
}

/** The seats of a show in seat order; they do not change while its plan version stays. */
export async function readSeats(db: Reader, showId: string): Promise<SeatInfo[]> {
  const seats: SeatInfo[] = []
  for (;;) {
    const chunk = await db.rows<SeatInfo>(sql`
      select id, section, row_name as row, number, grade, kind, attributes from seat.seats
      where show_id = ${showId} and id > ${seats.at(-1)?.id ?? 0} order by id limit ${seatsPerStatementMax}`)
    seats.push(...chunk)
    if (chunk.length < seatsPerStatementMax) return seats
  }
}

export async function readShapes(db: Reader, showId: string): Promise<MapShape[]> {
  const [row] = await db.rows<{ shapes: MapShape[] }>(sql`select shapes from seat.shows where show_id = ${showId}`)
  return row?.shapes ?? []
}

export const readVersions = (db: Reader, showIds: string[]) =>
  db.rows<{ showId: string; version: number; planVersion: number; ready: boolean }>(sql`
    select show_id as "showId", version, plan_version as "planVersion", ready
    from seat.shows where show_id = any(${showIds}::uuid[])`)

export type ShowFacts = {
  showId: string
  planVersion: number
  ticketsPerUserMax: number
  startsAt: number
  seatsCount: number
  windows: SaleWindow[]
  shapes: MapShape[]
}

export async function lockShow(tx: Tx, showId: string) {
  const [row] = await tx.rows<{ planVersion: number; ready: boolean; status: string }>(sql`
    select plan_version as "planVersion", ready, status from seat.shows where show_id = ${showId} for update`)
  return row
}

export const upsertShow = (tx: Tx, show: ShowFacts) =>
  tx.rows(sql`
    insert into seat.shows (show_id, plan_version, seats_count, tickets_per_user_max, starts_at, windows, shapes)
    values (${show.showId}, ${show.planVersion}, ${show.seatsCount}, ${show.ticketsPerUserMax}, ${at(show.startsAt)},
      ${JSON.stringify(show.windows)}::jsonb, ${JSON.stringify(show.shapes)}::jsonb)
    on conflict (show_id) do update set plan_version = excluded.plan_version, seats_count = excluded.seats_count,
      tickets_per_user_max = excluded.tickets_per_user_max, starts_at = excluded.starts_at, windows = excluded.windows,
      shapes = excluded.shapes`)

/** The seats are all there: the show sells. */
export const openShow = (tx: Tx, showId: string) =>
  tx.rows(sql`
    update seat.shows set ready = true, status = 'open', closing_purpose = null, paused_at = null, resuming_at = null, resuming_by_ms = null,
      version = version + 1 where show_id = ${showId}`)

export async function insertSeats(tx: Tx, showId: string, seats: SeatInfo[]) {
  for (let from = 0; from < seats.length; from += seatsPerStatementMax) {
    const chunk = seats.slice(from, from + seatsPerStatementMax)
    await tx.rows(sql`
      insert into seat.seats (show_id, id, section, row_name, number, grade, kind, attributes)
      select ${showId}, s.id, s.section, s.row_name, s.number, s.grade, s.kind, string_to_array(s.attributes, ',')
      from unnest(${chunk.map((s) => s.id)}::int[], ${chunk.map((s) => s.section)}::text[],
        ${chunk.map((s) => s.row)}::text[], ${chunk.map((s) => s.number)}::text[], ${chunk.map((s) => s.grade)}::text[],
        ${chunk.map((s) => s.kind)}::text[], ${chunk.map((s) => s.attributes.join(','))}::text[])
        as s(id, section, row_name, number, grade, kind, attributes)`)
  }
}

export async function deleteSeats(tx: Tx, showId: string) {
  for (;;) {
    const gone = await tx.rows(sql`
      delete from seat.seats where show_id = ${showId} and id in (
        select id from seat.seats where show_id = ${showId} order by id limit ${seatsPerStatementMax}) returning id`)
    if (gone.length < seatsPerStatementMax) return
  }
}

/** Nobody holds anything when this runs, so a smaller maximum contradicts no quota. */
export const setQuotaMax = (tx: Tx, showId: string, seatsMax: number) =>
  tx.rows(sql`update seat.quotas set seats_max = ${seatsMax} where show_id = ${showId} and seats_max <> ${seatsMax}`)

/** What stands in the way of deleting or replacing a show: seats held, pinned, sold or returned, and live holds. */
export async function countTaken(tx: Tx, showId: string): Promise<number> {
  const [row] = await tx.rows<{ taken: number }>(sql`
    select (select count(*) from seat.seats where show_id = ${showId} and status in (1, 2, 3, 4))
      + (select count(*) from seat.holds where show_id = ${showId} and ended_reason is null) as taken`)
  return row?.taken ?? 0
}

export const setWindows = (tx: Tx, showId: string, windows: SaleWindow[]) =>
  tx.rows(sql`
    update seat.shows set windows = ${JSON.stringify(windows)}::jsonb, version = version + 1 where show_id = ${showId}`)

/** First statement of closing: from here on no writer can finish its version bump. A cancelled show stays closed. */
export const markClosing = (tx: Tx, showId: string, purpose: string) =>
  tx.rows(sql`
    update seat.shows set status = case status when 'closed' then 'closed' else 'closing' end,
      closing_purpose = ${purpose} where show_id = ${showId}`)

/** How closing ends; answers the event version to tell it with. */
export async function settleClosing(tx: Tx, showId: string, emptied: boolean): Promise<number> {
  const [row] = await tx.rows<{ eventVersion: number }>(sql`
    update seat.shows set status = case when ${emptied} or status = 'closed' then 'closed' else 'open' end,
      ready = ready and not ${emptied}, closing_purpose = null, version = version + 1, event_version = event_version + 1
    where show_id = ${showId} returning event_version as "eventVersion"`)
  assert(row, `show ${showId} vanished while closing`)
  return row.eventVersion
}

export const closeShows = (tx: Tx, showIds: string[]) =>
  tx.rows(sql`
    update seat.shows set status = 'closed', closing_purpose = null, emptying = true, version = version + 1
    where show_id = any(${showIds}::uuid[]) and status <> 'closed'`)

export const pauseShow = (tx: Tx, showId: string, pausedAt: number) =>
  tx.rows(sql`
    update seat.shows set paused_at = ${at(pausedAt)}, version = version + 1
    where show_id = ${showId} and paused_at is null`)

