import sql, { type Sql } from 'sql-template-tag'
import { at, type Reader, type Tx } from '../platform/database.ts'
import type { ClosedReason, Line, Phase, Show } from './line.ts'

type Row = Line & Omit<Show, 'lines'>

const selectLines = (showIds: string[]): Sql => sql`
  select s.show_id as "showId", s.status, s.cap, s.paused_at as "pausedAt", s.pace_cap as "paceCap", s.pace_reason as "paceReason",
    s.pace_at as "paceAt", s.usual_hold_ms as "usualHoldMs", s.usual_pay_ms as "usualPayMs", s.pressure, s.pressure_at as "pressureAt",
    s.availability, s.seats_left as "seatsLeft", s.left_by_grade as "leftByGrade", s.taken, s.room, s.rate_per_minute as "ratePerMinute",
    s.rate_tokens as "rateTokens", s.rate_at as "rateAt", s.work_bits as "workBits", l.window_id as "windowId", l.phase,
    l.closed_reason as "closedReason", l.closing, l.lobby_opens_at as "lobbyOpensAt", l.seals_at as "sealsAt", l.opens_at as "opensAt", l.closes_at as "closesAt", l.audience, l.sections,
    l.last, l.roster_count as "rosterCount", l.seed, exists (select 1 from queue.draws d where d.window_id = l.window_id) as committed, l.admitted_through as "admittedThrough", l.called_count as "calledCount", l.live, l.epoch, l.message
  from queue.shows s join queue.lines l on l.show_id = s.show_id
  where s.show_id = any(${showIds}::uuid[]) order by s.show_id, l.window_id`

/**
 * Locks a show, and with it all its lines. Whoever writes a line or a place holds this lock, so what a later statement
 * reads of them is what will be true at the commit. The lines are read by such a statement: one that waited for the lock
 * would miss a line that was added meanwhile, and the slots taken in it. Both are sent together.
 */
export async function lockShow(tx: Tx, showId: string): Promise<Show | undefined> {
  const [, [show]] = await Promise.all([
    tx.rows(sql`select 1 as one from queue.shows where show_id = ${showId} for update`), readShows(tx, [showId]),
  ])
  return show
}

export const readShows = async (db: Reader, showIds: string[]): Promise<Show[]> => grouped(await db.rows<Row>(selectLines(showIds)))

function grouped(rows: Row[]): Show[] {
  const shows = new Map<string, Show>()
  for (const row of rows) {
    const [facts, line] = apart(row)
    const show = shows.get(row.showId) ?? { ...facts, lines: [] }
    show.lines.push(line)
    shows.set(row.showId, show)
  }
  return [...shows.values()]
}

function apart(row: Row): [Omit<Show, 'lines'>, Line] {
  const {
    status, cap, pausedAt, paceCap, paceReason, paceAt, usualHoldMs, usualPayMs, pressure, pressureAt, availability, seatsLeft,
    leftByGrade, taken, room, ratePerMinute, rateTokens, rateAt, workBits, ...line
  } = row
  const paced = { paceCap, paceReason, paceAt, usualHoldMs, usualPayMs, pressure, pressureAt }
  const stock = { availability, seatsLeft, leftByGrade, taken, room }
  return [{ showId: row.showId, status, cap, pausedAt, workBits, ratePerMinute, rateTokens, rateAt, ...paced, ...stock }, line]
}

/** Each change of phase is an epoch of its own. */
export const setPhases = (tx: Tx, changes: { windowId: string; phase: Phase; closedReason: ClosedReason | null }[]) =>
  tx.rows(sql`
    update queue.lines l set phase = c.phase, closed_reason = c.closed_reason, closing = c.phase = 'closed', epoch = l.epoch + 1
    from unnest(${changes.map((c) => c.windowId)}::uuid[], ${changes.map((c) => c.phase)}::text[],
      ${changes.map((c) => c.closedReason)}::text[]) as c(window_id, phase, closed_reason)
    where l.window_id = c.window_id returning l.window_id`)

/** `calls` of this line: slots taken, and how far the line has come. */
export const advance = (tx: Tx, windowId: string, calls: number, admittedThrough: number) =>
  tx.rows(sql`
    update queue.lines set live = live + ${calls}, called_count = called_count + ${calls}, admitted_through = ${admittedThrough}
    where window_id = ${windowId} and admitted_through <= ${admittedThrough} returning window_id`)

export const freeSlots = (tx: Tx, windowId: string, slots: number) =>
  tx.rows(sql`update queue.lines set live = live - ${slots} where window_id = ${windowId} returning window_id`)

export const settleClosing = (tx: Tx, windowId: string) =>
  tx.rows(sql`update queue.lines set closing = false where window_id = ${windowId}`)

/** The cap of a show already here is kept: an operator may have set it. */
export const upsertShow = (tx: Tx, { showId, startsAt, capDefault }: { showId: string; startsAt: number; capDefault: number }) =>
  tx.rows(sql`
    insert into queue.shows (show_id, status, cap, starts_at) values (${showId}, 'published', ${capDefault}, ${at(startsAt)})
    on conflict (show_id) do update set status = 'published', starts_at = excluded.starts_at`)

/** When the show begins, null if it was published before that was kept. */
export async function startOf(tx: Tx, showId: string): Promise<number | null> {
  const [row] = await tx.rows<{ startsAt: number | null }>(sql`
    select starts_at as "startsAt" from queue.shows where show_id = ${showId}`)
  return row?.startsAt ?? null
}

export const cancelShow = (tx: Tx, showId: string) =>
  tx.rows(sql`update queue.shows set status = 'cancelled' where show_id = ${showId}`)

export const pauseShow = (tx: Tx, showId: string, pausedAt: number | null) =>
  tx.rows(sql`update queue.shows set paused_at = ${pausedAt === null ? null : at(pausedAt)}, resuming_by_ms = null where show_id = ${showId}`)

export const setMessage = (tx: Tx, windowId: string, message: string | null) =>
  tx.rows(sql`update queue.lines set message = ${message} where window_id = ${windowId}`)

export type NewLine = Pick<Line, 'windowId' | 'lobbyOpensAt' | 'opensAt' | 'closesAt' | 'audience' | 'sections'>

/** A window's line; of one already there only what concert may change, never its places and counts. */
export const upsertLine = (tx: Tx, showId: string, line: NewLine) =>
  tx.rows(sql`
    insert into queue.lines as l (window_id, show_id, phase, lobby_opens_at, opens_at, closes_at, audience, sections)
    values (${line.windowId}, ${showId}, 'announced', ${line.lobbyOpensAt === null ? null : at(line.lobbyOpensAt)}, ${at(line.opensAt)}, ${at(line.closesAt)}, ${line.audience}, ${line.sections}::text[])
    on conflict (window_id) do update set lobby_opens_at = excluded.lobby_opens_at, opens_at = excluded.opens_at, closes_at = excluded.closes_at,
      audience = excluded.audience, sections = excluded.sections
    where l.show_id = excluded.show_id returning l.window_id`)

export async function setCodes(tx: Tx, windowId: string, hashes: string[]) {
  await tx.rows(sql`delete from queue.codes where window_id = ${windowId} and hash <> all(${hashes}::text[])`)
  await tx.rows(sql`
    insert into queue.codes (window_id, hash) select ${windowId}, h from unnest(${hashes}::text[]) as h on conflict do nothing`)
}

export const knownCodes = async (tx: Reader, windowId: string, hashes: string[]): Promise<Set<string>> =>
  new Set((await tx.rows<{ hash: string }>(sql`
    select hash from queue.codes where window_id = ${windowId} and hash = any(${hashes}::text[])`)).map((row) => row.hash))

/** The lobby is open until `sealsAt`, and what was sealed of it before is open again. */
export const setLobby = (tx: Tx, windowId: string, sealsAt: number) =>
  tx.rows(sql`update queue.lines set seals_at = ${at(sealsAt)}, roster_count = 0 where window_id = ${windowId} and seed is null returning window_id`)

/** Sealing: who has a number now is the roster. */
export const sealRoster = (tx: Tx, windowId: string) =>
  tx.rows<{ rosterCount: number }>(sql`
    update queue.lines set roster_count = last where window_id = ${windowId} and seed is null returning roster_count as "rosterCount"`)

/** The draw, in the one update that opens the line; a line is drawn once. */
export const drawLine = (tx: Tx, windowId: string, seed: string) =>
  tx.rows(sql`
    update queue.lines set seed = ${seed}, phase = 'open', epoch = epoch + 1
    where window_id = ${windowId} and phase = 'sealed' and seed is null returning window_id`)

/** A window that was taken away before anybody stood in its line. */
export const deleteLine = (tx: Tx, windowId: string) => tx.rows(sql`delete from queue.lines where window_id = ${windowId} and last = 0`)

const showIdsOf = async (rows: Promise<{ showId: string }[]>) => (await rows).map((row) => row.showId)

/** Shows with a line whose phase is due to change. */
export const showsDue = (db: Reader, now: number, closedBefore: number, max: number) =>
  showIdsOf(db.rows(sql`
    select distinct show_id as "showId" from queue.lines
    where phase <> 'closed' and ((phase = 'announced' and least(opens_at, lobby_opens_at) <= ${at(now)})
      or (phase = 'lobby' and seals_at <= ${at(now)}) or closes_at <= ${at(closedBefore)}) limit ${max}`))

/** Shows with a lobby that ends in (after, before). */
export const showsSealing = (db: Reader, after: number, before: number) =>
  showIdsOf(db.rows(sql`
    select distinct show_id as "showId" from queue.lines where phase = 'lobby' and seals_at > ${at(after)} and seals_at < ${at(before)}`))

/** Shows with free slots and somebody who may be called. */
export const showsToAdmit = (db: Reader, max: number) =>
  showIdsOf(db.rows(sql`
    select l.show_id as "showId" from queue.lines l join queue.shows s on s.show_id = l.show_id
    where l.phase = 'open' and s.paused_at is null and s.status = 'published'
      and least(s.cap, s.pace_cap, s.room) > (select sum(o.live) from queue.lines o where o.show_id = l.show_id)
      and (l.last > l.admitted_through
        or exists (select 1 from queue.places p where p.window_id = l.window_id and p.status = 'woken'))
    limit ${max}`))

/** Shows with a line in which somebody waits, or soon will. */
export const showsWaiting = (db: Reader, max: number) =>
  showIdsOf(db.rows(sql`
    select distinct show_id as "showId" from queue.lines
    where phase <> 'closed' and phase <> 'announced' and last > admitted_through limit ${max}`))

export const showsClosing = (db: Reader, max: number) =>
  showIdsOf(db.rows(sql`select distinct show_id as "showId" from queue.lines where closing limit ${max}`))
