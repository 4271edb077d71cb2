import assert from 'node:assert/strict'
import type { Plan, SaleWindow, ShowPublished } from '../concert/api.ts'
import type { Tx } from '../platform/database.ts'
import { type Envelope, emit } from '../platform/events.ts'
import type { EventHandler } from '../platform/service.ts'
import type { SeatEnv } from './env.ts'
import type { SeatInfo } from './picture.ts'
import { resumeNow } from './resuming.ts'
import { startResuming } from './store-resuming.ts'
import * as store from './store-shows.ts'

type ShowEvent = { showId: string; windows: SaleWindow[]; purpose: 'delete' | 'unpublish'; pausedMs: number }

/** What the seat service hears of shows. Each handler changes only seat's tables and may be repeated. */
export function showHandlers(env: SeatEnv): Record<string, EventHandler> {
  const each = (act: (tx: Tx, show: ShowEvent, event: Envelope) => Promise<unknown>): EventHandler => async (tx, events) => {
    for (const event of inKeyOrder(events)) {
      const show = event.data as ShowEvent
      await act(tx, show, event)
      tx.afterCommit(() => env.pictures.forget(show.showId))
    }
  }
  return {
    'show.published': each((tx, _, event) => publish(tx, event.data as ShowPublished)),
    'show.windows_changed': each((tx, { showId, windows }) => store.setWindows(tx, showId, windows.map(windowOf))),
    'show.closing': each((tx, { showId, purpose }) => close(tx, showId, purpose, env.now())),
    'show.cancelled': each((tx, { showId }) => store.closeShows(tx, [showId])),
    'show.paused': each(async (tx, { showId }, event) => {
      await resumeNow(env, tx, showId)
      await store.pauseShow(tx, showId, event.occurredAt)
    }),
    'show.resumed': each((tx, { showId, pausedMs }, event) => startResuming(tx, { showId, resumedAt: event.occurredAt, byMs: pausedMs })),
  }
}

/**
 * The seats of a plan in plan order, ids 1…N: rows of a seated section number their seats from 1, entries of a
 * standing section have no row and their entry number.
 */
export function seatsOf(plan: Plan): SeatInfo[] {
  const seats: SeatInfo[] = []
  for (const { name: section, kind, grade, rows = [], capacity = 0 } of plan.sections) {
    const add = (row: string, number: number, attributes: string[]) =>
      seats.push({ id: seats.length + 1, section, row, number: String(number), grade, kind, attributes })
    if (kind === 'standing') for (let entry = 1; entry <= capacity; entry++) add('', entry, [])
    else
      for (const row of rows) {
        const marks = attributeNames.map((name) => [name, new Set(row[name])] as const)
        for (let number = 1; number <= row.seats; number++)
          add(row.name, number, marks.filter(([, numbers]) => numbers.has(number)).map(([name]) => name))
      }
  }
  return seats
}

const attributeNames = ['accessible', 'companion', 'restrictedView', 'aisle'] as const

async function publish(tx: Tx, show: ShowPublished) {
  const { showId, planVersion, ticketsPerUserMax, startsAt } = show
  const seats = seatsOf(show.plan)
  const windows = show.windows.map(windowOf)
  const known = await store.lockShow(tx, showId)
  if (known?.ready && known.planVersion === planVersion) return store.setWindows(tx, showId, windows)
  if (known) {
    const taken = await store.countTaken(tx, showId)
    assert.equal(taken, 0, `show ${showId} was published again while ${taken} of its seats or holds are taken`)
    await store.deleteSeats(tx, showId)
  }
  await store.upsertShow(tx, { showId, planVersion, ticketsPerUserMax, startsAt, seatsCount: seats.length, windows })
  await store.insertSeats(tx, showId, seats)
  await store.setQuotaMax(tx, showId, ticketsPerUserMax)
  await store.openShow(tx, showId)
}

/**
 * Whether a show may be deleted or unpublished. Writers end with a version bump of an open show, so whoever is not
 * counted by the second statement is refused `show_closed` by the first.
 */
async function close(tx: Tx, showId: string, purpose: ShowEvent['purpose'], occurredAt: number) {
  assert(await store.lockShow(tx, showId), `show ${showId} is closing but was never published`)
  await store.markClosing(tx, showId, purpose)
  const taken = await store.countTaken(tx, showId)
  const version = await store.settleClosing(tx, showId, taken === 0)
  const name = taken === 0 ? 'seat.emptied' : 'seat.occupied'
  await emit(tx, 'seat', [{ name, key: showId, version, occurredAt, data: { showId, purpose } }])
}

/** The codes of a window are the queue's to check. */
const windowOf = ({ id, name, opensAt, closesAt, audience, sections }: SaleWindow): SaleWindow => ({ id, name, opensAt, closesAt, audience, sections })

const inKeyOrder = (events: Envelope[]) => [...events].sort((a, b) => (a.key < b.key ? -1 : 1))
