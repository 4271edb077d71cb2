import type { Static } from 'typebox'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { requestHash } from '../platform/identity.ts'
import { refuse } from '../platform/outcome.ts'
import { type By, concertLimits, type concertOperations, type NewShow, type Plan, type ShowDetail } from './api.ts'
import { addConcert, forget, readable } from './concerts.ts'
import { assertPlan, assertPrices } from './plan.ts'
import { totalsOf } from './plan-rules.ts'
import { publishShow } from './publishing.ts'
import { type Change, changeConcert, changeShow, type ConcertEnv, detail, isRepeat, maySetUp, note, owns, refuseWhileClosing, save } from './rules.ts'
import { type ConcertRow, lockConcerts } from './store-concerts.ts'
import { insertShow, lockShow, lockShowsOf, readPlan, readShow, readShowsOf, savePlan, type ShowRow } from './store-shows.ts'
import { writeWindows } from './windows.ts'

type Inputs = { [Name in keyof typeof concertOperations]: Static<(typeof concertOperations)[Name]['input']> }
const policyDefaults = { bookingFee: 0, ticketsPerUserMax: 4, cutoffMinutes: 24 * 60 }

/** For display, from the cache, but for who may have changed it a moment ago; a draft or deleted show does not exist for others. */
export async function showDetail(env: ConcertEnv, { showId, viewer }: Inputs['showDetail']): Promise<ShowDetail> {
  const show = await (maySetUp(viewer) ? readShow(env.db, showId) : env.cache.show(showId))
  if (!show || show.status === 'deleted' || (show.status === 'draft' && !owns(viewer, show.organiserId))) return refuse('show_unknown')
  return show
}

export async function showsOf(env: ConcertEnv, { concertId, viewer, after, limit }: Inputs['shows']) {
  const { organiserId } = await readable(env, concertId)
  return { shows: await readShowsOf(env.db, { concertId, all: owns(viewer, organiserId), after, limit }) }
}

export async function createShow(env: ConcertEnv, input: Inputs['createShow']): Promise<ShowDetail> {
  const { by, concertId, showId = env.newId(), ...wanted } = input
  return changeConcert(env, by, concertId, async (tx, concert) => {
    await addShow(tx, env, by, concert, showId, wanted)
    return detail(tx, showId)
  })
}

/** All or nothing; repeated with the same ids it finds what it made. */
export async function createWithShow(env: ConcertEnv, input: Inputs['createWithShow']) {
  const { by, concertId = env.newId(), showId = env.newId(), concert: text, show, plan, prices, windows } = input
  await env.db.transaction(async (tx) => {
    await addConcert(tx, env, by, concertId, text)
    const [concert] = await lockConcerts(tx, [concertId])
    if (!concert) return refuse('concert_unknown')
    const fresh = await addShow(tx, env, by, concert, showId, { ...show, plan, prices, windows })
    const added = await lockShow(tx, showId)
    if (fresh && added) await publishShow({ tx, env, by, concert, show: added, now: env.now() })
  })
  return { concertId, showId }
}

/** Only a draft; what is not given stays. */
export async function updateShow(env: ConcertEnv, { by, showId, expectedVersion, ...wanted }: Inputs['updateShow']): Promise<ShowDetail> {
  const { startsAt, endsAt, timeZone } = wanted
  const nextOf = (show: ShowRow) => withPolicies({ ...show, startsAt, endsAt, timeZone }, wanted)
  return changeDraft(env, { by, showId, expectedVersion }, 'show.update', {
    isAsWanted: ({ show }) => isSame(nextOf(show), show),
    next: ({ show, now }) => {
      assertTimes(wanted, now)
      return nextOf(show)
    },
  })
}

export async function setPlan(env: ConcertEnv, { by, showId, expectedVersion, plan }: Inputs['setPlan']): Promise<ShowDetail> {
  assertPlan(plan)
  return changeDraft(env, { by, showId, expectedVersion }, 'show.plan', {
    isAsWanted: async ({ tx }) => isSame(await readPlan(tx, showId), plan),
    next: async ({ tx, show }) => {
      await savePlan(tx, showId, plan, totalsOf(plan))
      return { ...show, totals: totalsOf(plan), planVersion: show.planVersion + 1 }
    },
  })
}

export async function setPrices(env: ConcertEnv, { by, showId, expectedVersion, prices }: Inputs['setPrices']): Promise<ShowDetail> {
  assertPrices(prices)
  return changeDraft(env, { by, showId, expectedVersion }, 'show.prices', {
    isAsWanted: ({ show }) => isSame(show.prices, prices),
    next: ({ show }) => ({ ...show, prices, planVersion: show.planVersion + 1 }),
  })
}

export async function planOfShow(env: ConcertEnv, { by, showId }: Inputs['plan']): Promise<{ planVersion: number; plan: Plan | null }> {
  const show = await readShow(env.db, showId)
  if (!show || show.status === 'deleted' || !owns(by, show.organiserId)) return refuse('show_unknown')
  return { planVersion: show.planVersion, plan: await readPlan(env.db, showId) }
}

/** After publishing the fee and the number of tickets stay; another cancellation policy is for reservations to come. */
export async function setPolicies(env: ConcertEnv, { by, showId, expectedVersion, ...wanted }: Inputs['setPolicies']): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    const { tx, show, concert, now } = change
    refuseWhileClosing(concert)
    const next = withPolicies(show, wanted)
    if (await isRepeat(show, expectedVersion, () => isSame(next, show))) return detail(tx, showId)
    const frozen = next.bookingFee !== show.bookingFee || next.ticketsPerUserMax !== show.ticketsPerUserMax
    if (frozen && show.status !== 'draft') refuse('show_not_draft')
    await save(tx, next, now)
    await note(change, 'show.policies', next)
    return detail(tx, showId)
  })
}

/** Answers whether it was new. Drafts with all their parts at once; they are checked like one by one. */
async function addShow(tx: Tx, env: ConcertEnv, by: By, concert: ConcertRow, id: string, wanted: NewShow): Promise<boolean> {
  const now = env.now()
  const hash = requestHash({ userId: by.userId, concertId: concert.id, ...wanted })
  const known = await lockShow(tx, id)
  if (known) return known.requestHash === hash && known.concertId === concert.id ? false : refuse('idempotency_conflict')
  refuseWhileClosing(concert)
  assertTimes(wanted, now)
  const shows = await lockShowsOf(tx, concert.id)
  if (shows.length >= concertLimits.showsMax)
    refuse('request_invalid', { detail: `a concert has at most ${concertLimits.showsMax} shows` })
  const { plan, prices = [], windows = [], startsAt, endsAt, timeZone } = wanted
  if (plan) assertPlan(plan)
  assertPrices(prices)
  const totals = plan ? totalsOf(plan) : []
  const base = { ...blank, id, concertId: concert.id, organiserId: concert.organiserId, title: concert.title, venue: concert.venue }
  const versions = { policyVersion: 1, planVersion: plan || prices.length > 0 ? 1 : 0 }
  const show: ShowRow = { ...withPolicies(base, wanted), ...versions, startsAt, endsAt, timeZone, prices, totals, requestHash: hash }
  if (!(await insertShow(tx, show, now))) return refuse('idempotency_conflict')
  if (plan) await savePlan(tx, id, plan, totals)
  await save(tx, show, now)
  await writeWindows(tx, env, id, windows, plan ?? null)
  await writeAudit(tx, 'concert', [{ actor: by.userId, action: 'show.create', target: id, after: { startsAt, endsAt, timeZone, totals, prices } }], now)
  forget(tx, env, concert, [id])
  return true
}

type DraftChange = { isAsWanted: (change: Change) => boolean | Promise<boolean>; next: (change: Change) => ShowRow | Promise<ShowRow> }

/** A change that only a draft allows. The audit names what changed; a plan is told by its version and totals. */
async function changeDraft(
  env: ConcertEnv,
  { by, showId, expectedVersion }: { by: By; showId: string; expectedVersion: number | undefined },
  action: string,
  { isAsWanted, next }: DraftChange,
): Promise<ShowDetail> {
  return changeShow(env, by, showId, async (change) => {
    refuseWhileClosing(change.concert)
    if (change.show.status !== 'draft') refuse('show_not_draft')
    if (await isRepeat(change.show, expectedVersion, () => isAsWanted(change))) return detail(change.tx, showId)
    const show = await next(change)
    await save(change.tx, show, change.now)
    await note(change, action, show)
    return detail(change.tx, showId)
  })
}

/** Two things that say the same; a column may have changed the order of keys. */
const isSame = (a: unknown, b: unknown) => requestHash(a) === requestHash(b)

/** A fee is part of what is frozen, so changing it changes the version; so does the policy with its own. */
function withPolicies(show: ShowRow, { bookingFee, ticketsPerUserMax, policy }: Pick<NewShow, 'bookingFee' | 'ticketsPerUserMax' | 'policy'>): ShowRow {
  const fee = bookingFee ?? show.bookingFee
  const cutoffMinutes = policy?.cutoffMinutesBeforeStart ?? show.cutoffMinutes
  return {
    ...show,
    bookingFee: fee,
    planVersion: show.planVersion + (fee === show.bookingFee ? 0 : 1),
    ticketsPerUserMax: ticketsPerUserMax ?? show.ticketsPerUserMax,
    cutoffMinutes,
    policyVersion: show.policyVersion + (cutoffMinutes === show.cutoffMinutes ? 0 : 1),
  }
}

function assertTimes({ startsAt, endsAt, timeZone }: Pick<NewShow, 'startsAt' | 'endsAt' | 'timeZone'>, now: number) {
  if (endsAt <= startsAt || startsAt <= now) refuse('show_times_invalid')
  if (!isTimeZone(timeZone)) refuse('request_invalid', { detail: `timeZone: ${timeZone} is not an IANA name` })
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false // offsets such as +09:00 know no summer time
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

const blank: ShowRow = {
  id: '', concertId: '', organiserId: '', title: '', venue: '', status: 'draft', startsAt: 0, endsAt: 0, timeZone: '',
  currency: 'KRW', planVersion: 0, prices: [], totals: [], policyVersion: 1, ...policyDefaults, pausedAt: null,
  closingPurpose: null, closingAt: null, emptiedAt: null, closingResult: null, cancelledReason: null, requestHash: '',
  eventVersion: 0, version: 1, createdAt: 0, updatedAt: 0,
}
