import assert from 'node:assert/strict'
import type { SaleWindow, ShowPublished } from '../concert/api.ts'
import { writeAudit } from '../platform/audit.ts'
import type { Tx } from '../platform/database.ts'
import { type Envelope, emit } from '../platform/events.ts'
import type { EventHandler } from '../platform/service.ts'
import type { SeatEnv } from './env.ts'
import { blockedIn, seatsOf, shapesOf } from './plan-seats.ts'
import { resumeNow } from './resuming.ts'
import { blockSeats } from './store-block.ts'
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
    'show.published': each((tx, _, event) => publish(tx, event.data as ShowPublished, env.now())),
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

async function publish(tx: Tx, show: ShowPublished, now: number) {
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
  await store.upsertShow(tx, { showId, planVersion, ticketsPerUserMax, startsAt, seatsCount: seats.length, windows, shapes: shapesOf(show.plan) })
  await store.insertSeats(tx, showId, seats)
  await blockPlanned(tx, show, now)
  await store.setQuotaMax(tx, showId, ticketsPerUserMax)
  await store.openShow(tx, showId)
}

/** In the organiser's name, on the record like any other block. */
async function blockPlanned(tx: Tx, { showId, organiserId: by, plan }: ShowPublished, now: number) {
  const blocks = [...blockedIn(plan)].map(([reason, seatIds]) => ({ seatIds, reason }))
  if (blocks.length > 0) await blockSeats(tx, showId, blocks, by)
  await writeAudit(tx, 'seat', blocks.map((after) => ({ actor: by, action: 'seats.block', target: `show ${showId}`, after })), now)
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
