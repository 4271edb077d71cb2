import type { Static } from 'typebox'
import { emit } from '../platform/events.ts'
import { doEach } from '../platform/jobs.ts'
import { Refusal } from '../platform/outcome.ts'
import type { Availability, seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import { lookAt, type Picture, statusCode } from './picture.ts'
import { together } from './pressure.ts'
import * as store from './store-stock.ts'

type Stock = Static<(typeof seatOperations)['stock']['output']>['stocks'][number]
type Left = Stock['left']
type Counted = { left: Left; available: number; taken: number }

/** Shows told of in one run of the job; the rest follows in the next. */
const showsPerRunMax = 200
const paymentsMax = 1_000
const toldAgainMs = 600_000

/** Seats left by grade (of those not blocked) and whether the show can be bought now; shows that seat lacks are left out. */
export async function stock(env: SeatEnv, { showIds }: { showIds: string[] }): Promise<{ stocks: Stock[] }> {
  const pictures = await Promise.all([...new Set(showIds)].map((showId) => lookAt(env.pictures, showId)))
  return { stocks: await stocksOf(env, pictures.flatMap((picture) => (picture instanceof Refusal ? [] : [picture]))) }
}

/**
 * Of the seats not blocked: any available is `open`; else any held, pinned or returned is `all_held`; else `sold_out`.
 * `closed` when cancelled, past or outside every sales window, with the next opening if there is one. A pause changes
 * nothing.
 */
export function availabilityOf(picture: Picture, now: number, earliestUntil?: number): Static<typeof Availability> {
  if (picture.status !== 'open' || picture.startsAt <= now) return { state: 'closed' }
  if (!picture.windows.some((window) => window.opensAt <= now && now < window.closesAt)) {
    const opensAt = Math.min(...picture.windows.map((window) => window.opensAt).filter((opens) => opens > now))
    return Number.isFinite(opensAt) ? { state: 'closed', opensAt } : { state: 'closed' }
  }
  const { available, taken } = counted(picture)
  if (available > 0) return { state: 'open' }
  if (taken === 0) return { state: 'sold_out' }
  return earliestUntil === undefined ? { state: 'all_held' } : { state: 'all_held', earliestUntil }
}

/**
 * The job behind `seat.stock`: tells of each show at most once a second, when its version or the clock changed it, or it is
 * busy. Of several processes one tells; what presses on the others stands in rows.
 */
export async function tellStock(env: SeatEnv): Promise<void> {
  await env.pictures.recheck()
  const busy = env.meter.active(env.now())
  await store.keepPressures(env.db, env.meter.process, busy.map((showId) => ({ showId, pressure: pressureOf(env, showId) })), env.now())
  const due = await store.dueStocks(env.db, env.now(), busy, showsPerRunMax)
  await doEach(due, ({ showId }) => tellOf(env, showId, busy.includes(showId)))
}

async function tellOf(env: SeatEnv, showId: string, isBusy: boolean): Promise<void> {
  const picture = await lookAt(env.pictures, showId)
  if (picture instanceof Refusal) return
  const now = env.now()
  const { version } = picture
  const [told] = await stocksOf(env, [picture])
  const running = isBusy ? await store.runningPayments(env.db, showId, now, paymentsMax) : []
  const others = await store.otherPressures(env.db, showId, env.meter.process, now)
  const pressure = together([pressureOf(env, showId, running), ...others])
  await env.db.transaction(async (tx) => {
    const eventVersion = await store.takeStock(tx, showId, { version, now, dueAt: nextTellingAt(picture, now), isBusy })
    if (eventVersion === undefined || !told) return
    await emit(tx, 'seat', [{ name: 'seat.stock', key: showId, version: eventVersion, occurredAt: now, data: { ...told, taken: counted(picture).taken, pressure } }])
  })
}

const pressureOf = (env: SeatEnv, showId: string, running: number[] = []) =>
  env.meter.pressureOf(showId, { running, lagMs: env.lagMs?.() ?? 0, now: env.now() })

async function stocksOf(env: SeatEnv, pictures: Picture[]): Promise<Stock[]> {
  const now = env.now()
  const allHeld = new Set(pictures.filter((picture) => availabilityOf(picture, now).state === 'all_held'))
  await lookForEnds(env, [...allHeld].filter((picture) => !isEndKnown(picture, now)))
  return pictures.map((picture) => ({
    showId: picture.showId,
    // what became all held while others were looked through was not looked for
    availability: availabilityOf(picture, now, allHeld.has(picture) ? ends.get(picture)?.until : undefined),
    left: counted(picture).left,
  }))
}

const ends = new WeakMap<Picture, { version: number; until: number | undefined }>()

/** Another earliest end comes with another version, when it is over, or when a pause is: that one lies later. */
function isEndKnown(picture: Picture, now: number): boolean {
  const known = ends.get(picture)
  return known?.version === picture.version && (known.until === undefined || known.until > now)
}

async function lookForEnds(env: SeatEnv, pictures: Picture[]) {
  if (pictures.length === 0) return
  const versions = pictures.map(({ version }) => version)
  const rows = await store.earliestUntils(env.db, pictures.map(({ showId }) => showId))
  const untils = new Map(rows.map((row) => [row.showId, row.until]))
  for (const [index, picture] of pictures.entries()) ends.set(picture, { version: versions[index] as number, until: untils.get(picture.showId) })
}

/** When the clock alone may next change the availability, or whoever missed what was told hears it again. */
function nextTellingAt({ windows, startsAt }: Picture, now: number): number | null {
  const isOn = startsAt > now && windows.some((window) => window.opensAt <= now && now < window.closesAt)
  const instants = [startsAt, ...windows.flatMap((window) => [window.opensAt, window.closesAt]), ...(isOn ? [now + toldAgainMs] : [])]
  const next = Math.min(...instants.filter((instant) => instant > now))
  return Number.isFinite(next) ? next : null
}

const counts = new WeakMap<Picture, { version: number; counted: Counted }>()

function counted(picture: Picture): Counted {
  const known = counts.get(picture)
  if (known?.version === picture.version) return known.counted
  const fresh = count(picture)
  counts.set(picture, { version: picture.version, counted: fresh })
  return fresh
}

function count({ seats, states }: Picture): Counted {
  const grades = new Map<string, Left[number]>()
  let available = 0
  let taken = 0
  for (const { id, grade } of seats) {
    const known = grades.get(grade)
    const left = known ?? { grade, total: 0, available: 0 }
    if (!known) grades.set(grade, left)
    const state = states[id - 1]
    if (state === statusCode.blocked) continue
    left.total++
    if (state === statusCode.available) {
      left.available++
      available++
    } else if (state !== statusCode.sold) taken++
  }
  return { left: [...grades.values()], available, taken }
}
