import type { Static } from 'typebox'
import { refuse } from '../platform/outcome.ts'
import type { concertOperations, ShowDetail, ShowPublished } from './api.ts'
import type { Tx } from '../platform/database.ts'
import { unpricedGrades } from './plan-rules.ts'
import { type Change, changeShow, type ConcertEnv, detail, isRepeat, note, refuseWhileClosing, save } from './rules.ts'
import { markSoldHere, readPlan, type ShowRow } from './store-shows.ts'
import { readWindowsWithCodes } from './store-windows.ts'

type Input = Static<(typeof concertOperations)['publish']['input']>
export const notClosing = { closingPurpose: null, closingAt: null, emptiedAt: null } as const

/** Freezes plan, grades and prices and tells everyone what seat and queue need to sell. Published already: as it is. */
export async function publish(env: ConcertEnv, { by, showId, expectedVersion }: Input): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    refuseWhileClosing(change.concert)
    if (change.show.status === 'published') return detail(change.tx, showId)
    if (change.show.status === 'draft') await isRepeat(change.show, expectedVersion, () => false)
    await publishShow(change)
    return detail(change.tx, showId)
  })
}

/** Refuses `show_not_ready {missing}`, `show_times_invalid`, `show_not_draft`. */
export async function publishShow(change: Change): Promise<void> {
  const { tx, show, now, env: { isSoldByShop } } = change
  if (show.status !== 'draft') refuse('show_not_draft')
  const facts = await factsOf(tx, show)
  const missing = [
    ...(facts.plan || isSoldByShop ? [] : ['plan']),
    ...(isSoldByShop ? [] : unpricedGrades(show.totals, show.prices).map((grade) => `price of ${grade}`)),
    ...(facts.windows.length > 0 ? [] : ['windows']),
    ...sectionsBeyond(facts).map((section) => `section ${section} of a window`),
    ...facts.windows.filter(({ opensAt }) => opensAt >= show.startsAt).map(({ name }) => `an opening of ${name} before the show begins`),
  ]
  if (missing.length > 0) refuse('show_not_ready', { missing })
  if (show.startsAt <= now) refuse('show_times_invalid')
  const next: ShowRow = { ...show, ...notClosing, status: 'published', closingResult: null, pausedAt: null }
  await markSoldHere(tx, show.id, !isSoldByShop)
  await save(tx, next, now, [{ name: 'show.published', data: facts }])
  await note(change, 'show.publish', next)
}

/** Asks seat whether nobody has a seat; the answer comes as an event, see closing.ts. */
export async function unpublish(env: ConcertEnv, { by, showId }: Input): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    const { show, concert, tx } = change
    refuseWhileClosing(concert)
    if (show.status === 'closing' && show.closingPurpose === 'unpublish') return detail(tx, showId)
    if (show.status !== 'published') refuse('show_not_published')
    await startClosing(change, 'unpublish')
    return detail(tx, showId)
  })
}

export async function deleteShow(env: ConcertEnv, { by, showId }: Input): Promise<{ deleted: boolean }> {
  return changeShow(env, by, showId, async (change) => {
    const { show, concert, tx, now } = change
    refuseWhileClosing(concert)
    if (show.status === 'closing' && show.closingPurpose === 'delete') return { deleted: false }
    if (show.status === 'cancelled') refuse('show_cancelled')
    if (show.status === 'closing') refuse('show_not_published')
    if (show.status === 'published') {
      await startClosing(change, 'delete')
      return { deleted: false }
    }
    const next: ShowRow = { ...show, status: 'deleted' }
    await save(tx, next, now)
    await note(change, 'show.delete', next)
    return { deleted: true }
  })
}

export async function startClosing(change: Change, closingPurpose: 'delete' | 'unpublish' | 'concert'): Promise<void> {
  const { tx, show, now } = change
  const purpose = closingPurpose === 'unpublish' ? 'unpublish' : 'delete'
  const next: ShowRow = { ...show, status: 'closing', closingPurpose, closingAt: now, closingResult: null }
  await save(tx, next, now, [{ name: 'show.closing', data: { purpose } }])
  await note(change, purpose === 'unpublish' ? 'show.unpublish' : 'show.delete', next)
}

/** For good; repeated it stays as it was, with its first reason. */
export async function cancelShow(env: ConcertEnv, { by, showId, reason }: Static<(typeof concertOperations)['cancelShow']['input']>) {
  return changeShow(env, by, showId, async (change) => {
    const { show, tx, now } = change
    if (show.status === 'cancelled') return detail(tx, showId)
    refuseWhileClosing(change.concert)
    if (show.status !== 'published') refuse('show_not_published')
    const next: ShowRow = { ...show, status: 'cancelled', cancelledReason: reason }
    await save(tx, next, now, [{ name: 'show.cancelled', data: { reason } }])
    await note(change, 'show.cancel', next)
    return detail(tx, showId)
  })
}

/** Stops the clocks of a show; paused already: as it is. */
export async function pauseShow(env: ConcertEnv, { by, showId }: Input): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    const { show, tx, now } = change
    if (show.status !== 'published') refuse('show_not_published')
    if (show.pausedAt === null) {
      const next: ShowRow = { ...show, pausedAt: now }
      await save(tx, next, now, [{ name: 'show.paused' }])
      await note(change, 'show.pause', next)
    }
    return detail(tx, showId)
  })
}

export async function resumeShow(env: ConcertEnv, { by, showId }: Input): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    const { show, tx, now } = change
    if (show.pausedAt !== null) {
      const next: ShowRow = { ...show, pausedAt: null }
      await save(tx, next, now, [{ name: 'show.resumed', data: { pausedMs: Math.max(0, now - show.pausedAt) } }])
      await note(change, 'show.resume', next)
    }
    return detail(tx, showId)
  })
}

/** What `show.published` carries, read under the show's lock. */
export async function factsOf(tx: Tx, show: ShowRow) {
  const { concertId, organiserId, planVersion, ticketsPerUserMax, startsAt, endsAt, bookingFee } = show
  const plan = (await readPlan(tx, show.id)) ?? undefined
  const windows = await readWindowsWithCodes(tx, show.id)
  return { concertId, organiserId, planVersion, plan, ticketsPerUserMax, startsAt, endsAt, bookingFee, windows }
}

/** Sections that a window names and the plan has not: the plan may have come after the window. */
function sectionsBeyond({ plan, windows }: { plan?: ShowPublished['plan'] | undefined; windows: ShowPublished['windows'] }): string[] {
  if (!plan) return []
  const names = new Set(plan.sections.map(({ name }) => name))
  return [...new Set(windows.flatMap(({ sections }) => sections ?? []))].filter((section) => !names.has(section))
}
