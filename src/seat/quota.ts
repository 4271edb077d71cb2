import type { Static } from 'typebox'
import { inRounds } from '../platform/batch.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import type { seatOperations } from './api.ts'
import type { SeatEnv } from './env.ts'
import { lookAt } from './picture.ts'
import * as store from './store-quotas.ts'

type EndPass = Static<(typeof seatOperations)['endPass']['input']>
type Ended = Static<(typeof seatOperations)['endPass']['output']>
type OfUser = { showId: string; userId: string }
type Step = Static<(typeof seatOperations)['story']['output']>['steps'][number]

/**
 * Raises the pass floor above these passes, so that they hold no more seats. With `unlessUsed` only while the user
 * holds and owns nothing of the show, decided on the quota row: else `used` is true and the floor stays.
 */
export async function endPassMany(env: SeatEnv, inputs: EndPass[]): Promise<Answer<Ended>[]> {
  const unknown = new Map<string, Refusal>()
  for (const { showId } of inputs) {
    const show = await lookAt(env.pictures, showId)
    if (show instanceof Refusal) unknown.set(showId, show)
  }
  return inRounds(inputs, { keys: (input) => [keyOf(input)] }, async (round) => {
    const known = round.filter((input) => !unknown.has(input.showId))
    const raised = new Set((await env.db.transaction((tx) => store.raiseFloors(tx, known))).map(keyOf))
    return round.map((input) => unknown.get(input.showId) ?? { used: !raised.has(keyOf(input)) })
  })
}

/** Seats a user holds and owns of a show, those owned, and how many they may be. */
export async function quota(env: SeatEnv, { showId, userId }: OfUser): Promise<store.Quota> {
  const { ticketsPerUserMax } = await env.pictures.of(showId)
  return (await store.quotaOf(env.db, showId, userId)) ?? { seats: 0, sold: 0, seatsMax: ticketsPerUserMax }
}

/** What happened to this user's seats of a show, oldest first: held, hold_ended, payment_started, payment_refused, sold. */
export async function story(env: SeatEnv, { showId, userId }: OfUser): Promise<{ steps: Step[] }> {
  const holds = await store.holdsOfUser(env.db, showId, userId)
  const pins = await store.pinsOfUser(env.db, showId, userId)
  const steps: Step[] = []
  for (const { id: holdId, seatIds, heldAt, endedAt, endedReason: reason } of holds) {
    steps.push({ at: heldAt, what: 'held', detail: { holdId, seatIds } })
    if (endedAt !== null && reason !== 'sold') steps.push({ at: endedAt, what: 'hold_ended', detail: { holdId, seatIds, reason } })
  }
  for (const { paymentId, reservationId, seatIds, pinnedAt, soldAt, refusal } of pins) {
    const detail = { paymentId, reservationId, seatIds }
    if (refusal) steps.push({ at: pinnedAt, what: 'payment_refused', detail: { paymentId, reservationId, reason: refusal } })
    else steps.push({ at: pinnedAt, what: 'payment_started', detail })
    if (soldAt !== null) steps.push({ at: soldAt, what: 'sold', detail })
  }
  return { steps: steps.sort((a, b) => a.at - b.at) }
}

const keyOf = ({ showId, userId }: OfUser) => `${showId} ${userId}`
