import type { ShowPublished } from '../concert/api.ts'
import type { Tx } from '../platform/database.ts'
import type { Envelope } from '../platform/events.ts'
import type { EventHandler } from '../platform/service.ts'
import type { StockTold } from '../seat/api.ts'
import type { QueueEnv } from './env.ts'
import { hearStock } from './gate.ts'
import type { Line, Phase } from './line.ts'
import { moveLobby } from './lobby-phases.ts'
import { resume, resumeNow } from './resuming.ts'
import * as lines from './store-lines.ts'
import { tellFirstCap, tellGate } from './store-gate.ts'
import { eraseAppeals } from './store-evidence.ts'
import { notePurchases } from './store-passes.ts'
import { eraseWatches } from './store-watches.ts'

type Windows = ShowPublished['windows']
type ShowEvent = { showId: string; windows: Windows; startsAt: number; pausedMs: number }
type Confirmed = { showId: string; userId: string }

const inKeyOrder = (events: Envelope[]) => events.toSorted((a, b) => (a.key < b.key ? -1 : 1))

/** What the queue hears of shows and purchases. Each handler changes only queue's tables and may be repeated. */
export function showHandlers(env: QueueEnv): Record<string, EventHandler> {
  const each = (act: (tx: Tx, show: ShowEvent, event: Envelope) => Promise<unknown>): EventHandler => async (tx, events) => {
    for (const event of inKeyOrder(events)) await act(tx, event.data as ShowEvent, event)
  }
  return {
    'show.published': each(async (tx, { showId, windows, startsAt }) => {
      await lines.upsertShow(tx, { showId, startsAt, capDefault: env.capDefault })
      await tellFirstCap(tx, showId, env.now())
      await setWindows(env, tx, showId, windows)
    }),
    'show.windows_changed': each((tx, { showId, windows }) => setWindows(env, tx, showId, windows)),
    // a draft again, or gone: no window sells it, and no pause of it is left to be resumed
    'show.withdrawn': each(async (tx, { showId }) => {
      await setWindows(env, tx, showId, [])
      await lines.pauseShow(tx, showId, null)
    }),
    'show.cancelled': each((tx, { showId }) => cancel(tx, showId)),
    'show.paused': each(async (tx, { showId }, event) => {
      const show = await lines.lockShow(tx, showId)
      if (show && show.pausedAt !== null) await resumeNow(env, tx, show)
      if (show?.pausedAt !== null) return
      await lines.pauseShow(tx, showId, event.occurredAt)
      await tellGate(tx, showId, 'paused', {}, event.occurredAt)
    }),
    'show.resumed': each(async (tx, { showId, pausedMs }) => {
      const show = await lines.lockShow(tx, showId)
      if (show) await resume(env, tx, show, pausedMs)
    }),
    'seat.stock': async (tx, events) => {
      for (const event of inKeyOrder(events)) await hearStock(env, tx, event.data as StockTold)
    },
    'user.erased': async (tx, events) => {
      const userIds = events.map(({ data }) => (data as { userId: string }).userId)
      await eraseWatches(tx, userIds)
      await eraseAppeals(tx, userIds)
    },
    'reservation.confirmed': (tx, events) => {
      const buyers = new Map(events.map(({ data }) => {
        const { showId, userId } = data as Confirmed
        return [`${showId} ${userId}`, { showId, userId }]
      }))
      return notePurchases(tx, [...buyers.values()]).then(() => undefined)
    },
  }
}

/**
 * Lines follow the windows of concert: new ones are announced, moved ones reopen or wait, those taken away close. Whatever
 * the windows say, a line ends when its show begins: seat sells nothing from then on.
 */
async function setWindows(env: QueueEnv, tx: Tx, showId: string, wanted: Windows) {
  const before = await lines.lockShow(tx, showId)
  const startsAt = await lines.startOf(tx, showId)
  const windows = wanted.map((window) => ({ ...window, closesAt: closingOf(window, startsAt) }))
  if (before?.status === 'cancelled') return
  const now = env.now()
  for (const { id: windowId, lobbyOpensAt = null, opensAt, closesAt, audience, sections, codeHashes } of windows) {
    await lines.upsertLine(tx, showId, { windowId, lobbyOpensAt, opensAt, closesAt, audience, sections })
    await lines.setCodes(tx, windowId, codeHashes)
  }
  const changes: Parameters<typeof lines.setPhases>[1] = []
  for (const line of before?.lines ?? []) {
    const window = windows.find(({ id }) => id === line.windowId)
    if (!window && line.last === 0) await lines.deleteLine(tx, line.windowId)
    else if (!window && line.phase !== 'closed') changes.push({ windowId: line.windowId, phase: 'closed', closedReason: 'window_closed' })
    else if (window) {
      const phase = await phaseAfter(env, tx, line, window, now)
      if (phase !== line.phase) changes.push({ windowId: line.windowId, phase, closedReason: null })
    }
  }
  if (changes.length > 0) await lines.setPhases(tx, changes)
}

const closingOf = ({ opensAt, closesAt }: Windows[number], startsAt: number | null) =>
  startsAt === null ? closesAt : Math.max(opensAt + 1, Math.min(closesAt, startsAt))

/**
 * A window that time had closed, or that is open, waits again when it now opens or ends later; an operator's close stays.
 * Who is in a lobby stays in it, whatever the window says of lobbies now, until it is drawn at the new time.
 */
async function phaseAfter(env: QueueEnv, tx: Tx, line: Line, { opensAt, closesAt }: Windows[number], now: number): Promise<Phase> {
  if ((line.phase === 'lobby' || line.phase === 'sealed') && opensAt !== line.opensAt)
    return (await moveLobby(env, tx, { ...line, opensAt }, now)) ? 'lobby' : line.phase
  const reopened = line.phase === 'closed' && line.closedReason === 'window_closed' && closesAt > now
  const postponed = line.phase === 'open' && opensAt > now
  return reopened || postponed ? 'announced' : line.phase
}

/** Shuts the door at once; a job ends the places. Also lines closed before are gone through again for who is inside. */
async function cancel(tx: Tx, showId: string) {
  const show = await lines.lockShow(tx, showId)
  await lines.cancelShow(tx, showId)
  const changes = (show?.lines ?? []).map(({ windowId }) => ({ windowId, phase: 'closed' as const, closedReason: 'show_cancelled' as const }))
  if (changes.length > 0) await lines.setPhases(tx, changes)
}
