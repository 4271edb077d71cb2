import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import type { concertOperations } from './api.ts'
import { forget } from './concerts.ts'
import { factsOf, notClosing, startClosing } from './publishing.ts'
import { changeConcert, type ConcertEnv, save } from './rules.ts'
import { type ConcertRow, lockConcerts, saveConcert } from './store-concerts.ts'
import { concertsOf, lockShowsOf, type ShowRow } from './store-shows.ts'

type Seat = { showId: string; purpose: 'delete' | 'unpublish' }
const hasBuyers = 'concert_has_buyers'

/**
 * Deletes a concert with its shows. Published ones close first: when seat has emptied them all they go together; as
 * soon as one has buyers, those that closed for this come back and the concert stays. Cancelled shows are kept.
 */
export async function deleteConcert(
  env: ConcertEnv,
  { by, concertId }: Static<(typeof concertOperations)['deleteConcert']['input']>,
): Promise<{ deleted: boolean }> {
  return changeConcert(env, by, concertId, async (tx, concert) => {
    if (concert.deletingAt !== null) return { deleted: false }
    const now = env.now()
    const shows = await lockShowsOf(tx, concertId)
    for (const show of shows)
      if (show.status === 'published') await startClosing({ tx, env, by, concert, show, now }, 'concert')
    await saveConcert(tx, { ...concert, deletingAt: now, closingResult: null }, now)
    await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'concert.delete', target: concertId }], now)
    forget(tx, env, concert, shows.map(({ id }) => id))
    return { deleted: await finishDeletion(tx, { ...concert, deletingAt: now, closingResult: null }, now) }
  })
}

/** Seat found nobody in a closing show: it is withdrawn, or waits for the other shows of its concert. */
export const onEmptied = (env: ConcertEnv) => (tx: Tx, events: Envelope[]) =>
  eachClosing(env, tx, events, async (concert, show, now) => {
    if (show.closingPurpose !== 'concert') await withdraw(tx, show, now)
    else if (concert.deletingAt === null) await republish(tx, show, now)
    else await save(tx, { ...show, emptiedAt: now }, now)
    if (concert.deletingAt !== null) await finishDeletion(tx, concert, now)
  })

/** Somebody has a seat: the show sells on, and the deletion of its concert has failed. */
export const onOccupied = (env: ConcertEnv) => (tx: Tx, events: Envelope[]) =>
  eachClosing(env, tx, events, async (concert, show, now) => {
    await save(tx, { ...show, ...notClosing, status: 'published', closingResult: hasBuyers }, now, [{ name: 'show.reopened' }])
    if (concert.deletingAt === null) return
    await saveConcert(tx, { ...concert, deletingAt: null, closingResult: hasBuyers }, now)
    for (const other of await lockShowsOf(tx, concert.id))
      if (other.emptiedAt !== null) await republish(tx, other, now)
  })

/** Each answer of seat to a show that still closes for that purpose; concerts are locked in the order of their ids. */
async function eachClosing(
  env: ConcertEnv,
  tx: Tx,
  events: Envelope[],
  act: (concert: ConcertRow, show: ShowRow, now: number) => Promise<void>,
) {
  const now = env.now()
  const answers = new Map(events.map((event) => [event.key, event.data as Seat]))
  const places = await concertsOf(tx, [...answers.keys()])
  const concertIds = [...new Set(places.map(({ concertId }) => concertId))].sort()
  await lockConcerts(tx, concertIds)
  for (const { showId, concertId } of places) {
    // an earlier answer may have moved both
    const [concert] = await lockConcerts(tx, [concertId])
    const shows = await lockShowsOf(tx, concertId)
    const show = shows.find(({ id }) => id === showId)
    if (!concert || show?.status !== 'closing' || show.emptiedAt !== null) continue
    if ((show.closingPurpose === 'unpublish') !== (answers.get(showId)?.purpose === 'unpublish')) continue
    await act(concert, show, now)
    forget(tx, env, concert, shows.map(({ id }) => id))
  }
}

async function withdraw(tx: Tx, show: ShowRow, now: number) {
  const purpose = show.closingPurpose
  const status = purpose === 'unpublish' ? 'draft' : 'deleted'
  await save(tx, { ...show, ...notClosing, status, pausedAt: null }, now, [{ name: 'show.withdrawn', data: { purpose } }])
}

/** Seat has let go of this show for a deletion that failed elsewhere, so it is told anew. */
async function republish(tx: Tx, show: ShowRow, now: number) {
  const next: ShowRow = { ...show, ...notClosing, status: 'published', closingResult: hasBuyers }
  const told = [{ name: 'show.published', data: await factsOf(tx, show) }]
  await save(tx, next, now, show.pausedAt === null ? told : [...told, { name: 'show.paused' }])
}

/** Answers whether the concert is gone: nothing of it closes any more. */
async function finishDeletion(tx: Tx, concert: ConcertRow, now: number): Promise<boolean> {
  const shows = await lockShowsOf(tx, concert.id)
  if (shows.some(({ status, emptiedAt }) => status === 'closing' && emptiedAt === null)) return false
  for (const show of shows) {
    if (show.status === 'draft') await save(tx, { ...show, status: 'deleted' }, now)
    if (show.status === 'closing') await withdraw(tx, { ...show, closingPurpose: 'delete' }, now)
  }
  await saveConcert(tx, { ...concert, deletingAt: null, deletedAt: now }, now)
  return true
}
