import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { Refusal, refuse, settle } from '../platform/outcome.ts'
import { orderOf } from './draw-hash.ts'
import type { QueueEnv } from './env.ts'
import { isRanked, noLine, type Show } from './line.ts'
import { readShows } from './store-lines.ts'
import { placesOf } from './store-places.ts'
import * as store from './store-watches.ts'
import { type Watch, watchLimits, type watchOperations } from './watch-api.ts'

type Input<Name extends keyof typeof watchOperations> = Static<(typeof watchOperations)[Name]['input']>
type Watched = Static<(typeof watchOperations)['watch']['output']>
const dayMs = 86_400_000
const forgottenPerRunMax = 1_000

/**
 * "Tell me when seats come back", from whoever stays or goes: it is ranked by the place the user has when it is made, not by
 * how fast it was tapped, and goes on when that place is left. Nothing of the line is locked for it.
 */
export async function watch(env: QueueEnv, { id, showId, userId, grade, quantity, together }: Input<'watch'>): Promise<Watched> {
  const [show] = await readShows(env.db, [showId])
  if (!show) return settle<Watched>(await noLine(env, showId))
  if (isOver(show)) return refuse('watch_over')
  const grades = show.leftByGrade && Object.keys(show.leftByGrade)
  if (grade !== undefined && grades && !grades.includes(grade)) return refuse('watch_grade_unknown', { grades })
  const stored = await env.db.transaction(async (tx) => {
    await store.lockWatcher(tx, userId)
    const place = (await placesOf(tx, show, [userId])).get(userId)
    const ranked = place && place.status !== 'ended' && place.status !== 'ending' ? place : undefined
    const known = await store.watchesOf(tx, userId)
    const same = known.find((one) => one.showId === showId && one.grade === (grade ?? ''))
    if (!same && known.length >= watchLimits.watchesMax) return refuse('watches_used_up', { watchesMax: watchLimits.watchesMax })
    const row = { id, showId, userId, grade: grade ?? '', quantity, together, windowId: ranked?.windowId ?? null, number: ranked?.number ?? null, madeAt: env.now() }
    const [written] = await store.upsertWatch(tx, row)
    return written ?? refuse('idempotency_conflict')
  })
  return { created: stored.id === id && stored.inserted, watch: shown(stored, show) }
}

export async function watches(env: QueueEnv, { userId }: Input<'watches'>): Promise<{ watches: Watch[] }> {
  const rows = await store.watchesOf(env.db, userId)
  const shows = new Map((await readShows(env.db, [...new Set(rows.map(({ showId }) => showId))])).map((show) => [show.showId, show]))
  return { watches: rows.map((row) => shown(row, shows.get(row.showId))) }
}

/** Deleted, it loses its order. */
export async function unwatch(env: QueueEnv, { id, userId }: Input<'unwatch'>): Promise<object> {
  if ((await store.deleteWatch(env.db, id, userId)).length === 0) throw new Refusal('watch_unknown')
  return {}
}

/** The job that forgets watches of shows that are long over. */
export const forgetWatches = (env: QueueEnv) => store.forgetWatches(env.db, env.now() - watchLimits.keptDays * dayMs, forgottenPerRunMax)

const isOver = (show: Show) => show.status === 'cancelled' || show.lines.every(({ phase }) => phase === 'closed')

function shown({ id, showId, grade, quantity, together, windowId, number, madeAt }: store.WatchRow, show: Show | undefined): Watch {
  const line = show?.lines.find((one) => one.windowId === windowId)
  assert(windowId === null || number !== null, 'a watch is ranked by a place or by none')
  const place = windowId === null || number === null ? null : { windowId, number, rank: line && isRanked(line) ? orderOf(line).rankOf(number) : null }
  const left = show?.leftByGrade ?? null
  const seatsLeft = left === null ? null : grade === '' ? Object.values(left).reduce((sum, count) => sum + count, 0) : (left[grade] ?? 0)
  return { id, showId, ...(grade === '' ? {} : { grade }), quantity, together, place, madeAt, seatsLeft, over: show === undefined || isOver(show) }
}
