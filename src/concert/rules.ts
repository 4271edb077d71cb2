import { writeAudit } from '../platform/audit.ts'
import type { Surroundings } from '../platform/service.ts'
import type { Database, Tx } from '../platform/database.ts'
import { emit, type NewEvent } from '../platform/events.ts'
import { refuse } from '../platform/outcome.ts'
import type { By, ShowDetail } from './api.ts'
import type { Cache } from './cache.ts'
import { type ConcertRow, lockConcerts, refreshSpan } from './store-concerts.ts'
import { concertsOf, lockShow, readShow, saveShow, type ShowRow } from './store-shows.ts'

export type ConcertEnv = Surroundings & { db: Database; cache: Cache; isSoldByShop: boolean }
/** A show under change: events are gathered with successive versions and told when it is saved. */
export type Change = { tx: Tx; env: ConcertEnv; by: By; concert: ConcertRow; show: ShowRow; now: number }

export const owns = (who: { userId: string; role: string } | undefined, organiserId: string) =>
  who?.role === 'operator' || (who?.role === 'organiser' && who.userId === organiserId)

/** May own something; such people read what is stored, no copy: another process may have changed it for them. */
export const maySetUp = (who: { role: string } | undefined) => who?.role === 'operator' || who?.role === 'organiser'

/**
 * Changes one show: its concert's row and its own are locked, the caller owns it, and after the commit the copies of
 * it are dropped. What is not one's own does not exist: `show_unknown`.
 */
export async function changeShow<T>(env: ConcertEnv, by: By, showId: string, work: (change: Change) => Promise<T>): Promise<T> {
  return env.db.transaction(async (tx) => {
    const [place] = await concertsOf(tx, [showId])
    if (!place) return refuse('show_unknown')
    const concert = await lockOne(tx, place.concertId)
    const show = await lockShow(tx, showId)
    if (!concert || !show || show.status === 'deleted' || !owns(by, show.organiserId)) return refuse('show_unknown')
    tx.afterCommit(() => env.cache.forget({ concertId: concert.id, showIds: [showId] }))
    return work({ tx, env, by, concert, show, now: env.now() })
  })
}

/** The same for a concert: `concert_unknown`. */
export async function changeConcert<T>(
  env: ConcertEnv,
  by: By,
  concertId: string,
  work: (tx: Tx, concert: ConcertRow) => Promise<T>,
): Promise<T> {
  return env.db.transaction(async (tx) => {
    const concert = await lockOne(tx, concertId)
    if (!concert || concert.deletedAt !== null || !owns(by, concert.organiserId)) return refuse('concert_unknown')
    return work(tx, concert)
  })
}

export function refuseWhileClosing({ deletingAt }: ConcertRow): void {
  if (deletingAt !== null) refuse('concert_closing')
}

/**
 * Refuses `edited_meanwhile {version}` when what was looked at has changed since. When all is as wanted already, it is the
 * repeat of a change whose answer was lost, and the answer is true: there is nothing to write.
 */
export async function isRepeat({ version }: { version: number }, expected: number | undefined, isAsWanted: () => boolean | Promise<boolean>): Promise<boolean> {
  if (expected === undefined || expected === version) return false
  return (await isAsWanted()) || refuse('edited_meanwhile', { version })
}

/** Saves a show with the events that tell of it: `data` gets the show's id, versions follow the row's counter. */
export async function save(tx: Tx, show: ShowRow, now: number, facts: { name: string; data?: Record<string, unknown> }[] = []) {
  const events: NewEvent[] = facts.map(({ name, data }, index) => ({
    name,
    key: show.id,
    version: show.eventVersion + index + 1,
    occurredAt: now,
    data: { showId: show.id, ...data },
  }))
  await saveShow(tx, { ...show, eventVersion: show.eventVersion + facts.length }, now)
  await refreshSpan(tx, [show.concertId])
  await emit(tx, 'concert', events)
}

/** Writes the audit of a change: only the fields that differ. */
export async function note({ tx, by, show, now }: Change, action: string, next: ShowRow) {
  const changed = (Object.keys(next) as (keyof ShowRow)[]).filter((key) => JSON.stringify(next[key]) !== JSON.stringify(show[key]))
  const pick = (row: ShowRow) => Object.fromEntries(changed.map((key) => [key, row[key]]))
  await writeAudit(tx, 'concert', [{ actor: by.userId, action, target: show.id, before: pick(show), after: pick(next) }], now)
}

export async function detail(tx: Tx, showId: string): Promise<ShowDetail> {
  return (await readShow(tx, showId)) ?? refuse('show_unknown')
}

async function lockOne(tx: Tx, concertId: string) {
  const [concert] = await lockConcerts(tx, [concertId])
  return concert
}
