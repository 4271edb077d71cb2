import type { Static } from 'typebox'
import { coverOf, hopelessBelow, perPersonExpected } from '../line-client/odds.ts'
import { type Answer, Refusal, settle } from '../platform/outcome.ts'
import type { LineOrder, Place, queueOperations } from './api.ts'
import { orderOf } from './draw-hash.ts'
import type { QueueEnv } from './env.ts'
import { choosingOf, isRanked, type Line, lineOf, noLine, presentLine, type Show } from './line.ts'
import type { Ahead } from './positions.ts'
import * as lines from './store-lines.ts'
import * as places from './store-places.ts'
import { nameIn } from './store-record.ts'

type Who = { showId: string; userId: string; sessionId: string }
type Step = Static<(typeof queueOperations)['story']['output']>['steps'][number]

/** Where these users stand, all of one show. A read: it changes nothing, however often it is asked. */
export async function positionMany(env: QueueEnv, inputs: Who[]): Promise<Answer<Place>[]> {
  const showId = inputs[0]?.showId ?? ''
  const [show] = await lines.readShows(env.db, [showId])
  if (!show) return (await noLine(env, showId).then((refusal) => inputs.map(() => refusal)))
  const mine = await places.placesOf(env.db, show, [...new Set(inputs.map((input) => input.userId))])
  const views = await viewsOf(env, env.positions.ahead, show, [...mine.values()])
  return inputs.map(({ userId }) => {
    const place = mine.get(userId)
    return (place && views.get(place)) ?? new Refusal('place_unknown')
  })
}

/**
 * Places as their owners see them. `position` is how many wait ahead: a woken place, which once was counted and called,
 * is not counted again, so a position never grows. Inside a transaction nothing but SQL may count: what it wrote is not yet true.
 */
export async function viewsOf(env: QueueEnv, aheadOf: (line: Line, ranks: number[]) => Promise<Ahead>, show: Show, rows: places.PlaceRow[]): Promise<Map<places.PlaceRow, Place>> {
  const now = env.now()
  const views = new Map<places.PlaceRow, Place>()
  env.pace.observe(show, now)
  for (const windowId of new Set(rows.map((row) => row.windowId))) {
    const line = lineOf(show, windowId)
    const own = rows.filter((row) => row.windowId === windowId)
    const order = orderOf(line)
    const isDrawn = isRanked(line)
    const waiting = isDrawn ? own.filter((row) => row.status === 'waiting') : []
    const ahead = await aheadOf(line, waiting.map((row) => order.rankOf(row.number)))
    for (const row of own) {
      const rank = isDrawn ? order.rankOf(row.number) : null
      const position = rank === null ? null : (ahead.get(rank) ?? 0)
      const moves = line.phase === 'open' && show.pausedAt === null
      const waits = row.status === 'waiting' || row.status === 'woken'
      const etaSeconds = waits ? (moves && position !== null ? env.pace.seconds(show, position, now) : null) : row.status === 'called' || row.status === 'inside' ? 0 : null
      const { number, status, until, endedReason, joinedAt } = row
      const { seatsLeft } = show
      const hopeless = row.status === 'waiting' && show.availability === 'open' && position !== null && isHopeless(seatsLeft, position + choosingOf(show))
      views.set(row, { windowId, number, rank, phase: line.phase, status, position, etaSeconds, seatsLeft, hopeless, until, endedReason, joinedAt })
    }
  }
  return views
}

/** The last of the frame's words for the odds: see src/line-client/odds.ts, which takes what people really buy. */
const isHopeless = (seatsLeft: number | null, ahead: number) => seatsLeft !== null && coverOf(seatsLeft, ahead, perPersonExpected) < hopelessBelow

/** Who waits in the present line, in order, as it is stored and as the copy has it. */
export async function orderOfLine(env: QueueEnv, { showId }: { showId: string }): Promise<Static<typeof LineOrder>> {
  const [show] = await lines.readShows(env.db, [showId])
  if (!show) return settle<never>(await noLine(env, showId))
  const line = presentLine(show)
  return { windowId: line.windowId, epoch: line.epoch, ...(await env.positions.compare(line)) }
}

/** What happened to this user's places of a show, oldest first: joined, drawn, called, slept, woken, claimed, taken_over, ended. */
export async function story(env: QueueEnv, { showId, userId }: { showId: string; userId: string }): Promise<{ name: string | null; steps: Step[] }> {
  const steps: Step[] = []
  for (const { windowId, number, joinedAt, drawnAt, seed, rosterCount, endedAt, events } of await places.historyOf(env.db, showId, userId)) {
    const detail = { windowId, number }
    const wasDrawn = seed !== null && number <= rosterCount && (endedAt === null || endedAt > (drawnAt ?? 0))
    const rank = wasDrawn ? orderOf({ seed, rosterCount }).rankOf(number) : null
    steps.push({ at: joinedAt, what: 'joined', detail })
    if (rank !== null) steps.push({ at: drawnAt ?? joinedAt, what: 'drawn', detail: { ...detail, rank } })
    for (const { at, what, reason } of events) steps.push({ at, what, detail: reason === null ? detail : { ...detail, reason } })
  }
  const name = (await nameIn(env.db, showId, userId)) ?? null
  return { name, steps: steps.sort((a, b) => a.at - b.at) }
}
