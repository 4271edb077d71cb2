import sql, { raw } from 'sql-template-tag'
import { at, type Database, type Reader, type Tx } from './database.ts'

/** A beat older than this is an outage: nobody could act on deadlines. */
export const beatAgeMaxMs = 3_000
/** What an outage leaves of every deadline that ran out in it, at least. */
export const afterOutageMs = 60_000

/** A service with deadlines; its schema has the table `heartbeats` with one row. */
export type Heart = {
  service: string
  chunkMax: number
  /** moves deadlines between `after` and `to` to `to`, at most `chunkMax`; answers how many */
  lift: (tx: Tx, span: { after: number; to: number }) => Promise<number>
}

/** False while the beat is old or there is none: then deadlines are to be moved before anything is ended by them. */
export async function isBeating(db: Reader, service: string, now: number): Promise<boolean> {
  const [row] = await db.rows<{ at: number }>(sql`select beat_at as at from ${beats(service)} where id = 1`)
  return isRecent(row?.at, now)
}

/** Now, or the last beat while it is old: what ran out since then is yet to be moved, so it has not run out. */
export async function clockOf(db: Reader, service: string, now: number): Promise<number> {
  const [row] = await db.rows<{ at: number }>(sql`select beat_at as at from ${beats(service)} where id = 1`)
  return row === undefined || isRecent(row.at, now) ? now : row.at
}

/** The next beat, unless the last one is old: then the deadlines have to be moved before. */
export const continueBeat = (db: Reader, service: string, now: number) =>
  db.rows(sql`
    update ${beats(service)} set beat_at = ${at(now)}
    where id = 1 and beat_at between ${at(now - beatAgeMaxMs)} and ${at(now)}`)

/**
 * The first beat after an outage: deadlines after the last beat and before a minute from now become a minute from now,
 * in chunks. Without an outage it does nothing. Answers how many deadlines moved.
 */
export async function afterOutage(db: Database, heart: Heart, now: number): Promise<number> {
  for (let moved = 0; ; ) {
    const chunk = await db.transaction((tx) => liftChunk(tx, heart, now))
    moved += chunk
    if (chunk < heart.chunkMax) return moved
  }
}

/** The beat's row stays locked: of several processes one moves a chunk at a time, the last chunk writes the beat. */
async function liftChunk(tx: Tx, { service, chunkMax, lift }: Heart, now: number): Promise<number> {
  const [last] = await tx.rows<{ at: number }>(sql`select beat_at as at from ${beats(service)} where id = 1 for update`)
  if (isRecent(last?.at, now)) return 0
  const moved = last === undefined ? 0 : await lift(tx, { after: last.at, to: now + afterOutageMs })
  if (moved < chunkMax) await writeBeat(tx, service, now)
  return moved
}

const writeBeat = (tx: Tx, service: string, now: number) =>
  tx.rows(sql`
    insert into ${beats(service)} as b (id, beat_at) values (1, ${at(now)})
    on conflict (id) do update set beat_at = greatest(b.beat_at, excluded.beat_at)`)

const beats = (service: string) => raw(`"${service}".heartbeats`)
const isRecent = (beatAt: number | undefined, now: number) => beatAt !== undefined && beatAt >= now - beatAgeMaxMs
