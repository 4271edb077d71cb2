import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { disjoint } from '../platform/batch.ts'
import type { Tx } from '../platform/database.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { fill, freeSlots } from './admission.ts'
import { type Place, type queueOperations, queueLimits } from './api.ts'
import { noteRefused } from './appeals.ts'
import { deadlineAfterOutage } from './clock.ts'
import type { QueueEnv } from './env.ts'
import { type Line, lineOf, noLine, type Show } from './line.ts'
import { orderOf } from './draw-hash.ts'
import { viewsOf } from './position.ts'
import { rankPlaces } from './store-draws.ts'
import { aheadBySql } from './positions.ts'
import * as lines from './store-lines.ts'
import * as passes from './store-passes.ts'
import * as places from './store-places.ts'

type Who = { showId: string; userId: string; sessionId: string }
type PassInput = Static<(typeof queueOperations)['pass']['input']>
export type Pass = Static<(typeof queueOperations)['pass']['output']>
type Asked<I> = { input: I; place: places.PlaceRow; line: Line }
type Locked = { tx: Tx; show: Show; now: number }

/**
 * Claims a turn, or renews the pass of who is inside: always a fresh one with the next number. Only `takeOver` moves it
 * to another session; the old one is then ended at seat. The row rules, the token is a copy. All of one show.
 */
export function passMany(env: QueueEnv, inputs: PassInput[]): Promise<Answer<Pass>[]> {
  return eachPlace(env, inputs, async ({ tx, show, now }, asked) => {
    const answers = new Map<PassInput, Answer<Pass>>()
    const granted: (Asked<PassInput> & { until: number })[] = []
    for (const one of asked) {
      const until = (await movesRefusal(tx, one)) ?? untilOf(show, one, now, await endOf(tx, one, now))
      if (until instanceof Refusal) refused(env, one.input, until, answers)
      else granted.push({ ...one, until })
    }
    if (granted.length === 0) return answers
    const numbers = await passes.nextPassNumbers(tx, show.showId, granted.map(({ input }) => input.userId))
    const entries = granted.map(({ input, place, until }) => {
      const passNo = numbers.get(input.userId)
      assert(passNo !== undefined && passNo > (place.passNo ?? 0), 'pass numbers grow')
      const { windowId, number, sessionId } = place
      const takenOver = sessionId !== null && sessionId !== input.sessionId
      // who renews by hand or from another device is there
      const autoUntil = input.auto === true && place.status === 'called' ? now + queueLimits.untouchedMs : null
      return { windowId, number, sessionId: input.sessionId, passNo, until, turnUntil: turnEndOf(place, now), autoUntil, endPassNo: takenOver ? place.passNo : null }
    })
    for (const { windowId } of show.lines) {
      const ofLine = entries.filter((entry) => entry.windowId === windowId)
      if (ofLine.length > 0) assert.equal((await passes.enter(tx, ofLine, now)).length, ofLine.length, 'entered')
    }
    const claimed = granted.filter(({ place }) => place.status === 'called').map(({ place }) => place)
    if (claimed.length > 0) await places.tell(tx, claimed, 'claimed', now)
    const takenOver = entries.filter((entry) => entry.endPassNo !== null)
    if (takenOver.length > 0) {
      await places.tell(tx, takenOver, 'taken_over', now)
      tx.afterCommit(env.passesToEnd)
    }
    for (const [index, { input, place, line, until }] of granted.entries()) {
      const { userId, sessionId, showId } = input
      const passNo = entries[index]?.passNo ?? 0
      const pass = env.passes.sign({ userId, sessionId, showId, windowId: line.windowId, passNo, sections: line.sections, exp: until })
      answers.set(input, { pass, expiresAt: until, renewed: place.status === 'inside' })
    }
    return answers
  })
}

/** A turn may move only so often: a pass that wanders is a pass that is shared. */
async function movesRefusal(tx: Tx, { input, place }: Asked<PassInput>): Promise<Refusal | undefined> {
  if (place.status !== 'inside' || input.takeOver !== true || place.sessionId === input.sessionId) return undefined
  return (await passes.movesOfTurn(tx, place)) >= queueLimits.movesMax ? new Refusal('pass_moves_used_up', { movesMax: queueLimits.movesMax }) : undefined
}

function refused(env: QueueEnv, input: PassInput, refusal: Refusal, answers: Map<PassInput, Answer<Pass>>) {
  answers.set(input, refusal)
  if (refusal.code === 'pass_moves_used_up' || refusal.code === 'pass_elsewhere') noteRefused(env, input, refusal.code)
}

/** When the asked pass would end, or why there is none. No clock is asked: until the sweep, who is called may still claim. */
function untilOf(show: Show, { input, place, line }: Asked<PassInput>, now: number, end: number): number | Refusal {
  switch (place.status) {
    case 'asleep':
      return new Refusal('place_asleep', { number: place.number })
    case 'ending':
    case 'ended':
      return new Refusal('place_ended', { reason: place.endedReason })
    case 'called':
      if (show.pausedAt !== null) return new Refusal('line_paused')
      return input.verified ? now + queueLimits.passMs : new Refusal('email_unverified')
    case 'inside': {
      if (place.sessionId !== input.sessionId && input.takeOver !== true) return new Refusal('pass_elsewhere')
      // a closed window lets who is inside go on until the pass ends, and no longer
      const renewed = line.phase === 'closed' ? end : Math.max(end, Math.min(now + queueLimits.passMs, turnEndOf(place, now)))
      if (renewed > now) return renewed
      return show.pausedAt !== null ? new Refusal('line_paused') : new Refusal('place_ended', { reason: 'pass_expired' })
    }
    default:
      return new Refusal('not_your_turn', { number: place.number })
  }
}

/** A turn begins with its claim. Renewed without end, one pass would keep a slot from everybody who waits. */
const turnEndOf = ({ status, turnUntil }: places.PlaceRow, now: number) =>
  status === 'inside' && turnUntil !== null ? turnUntil : now + queueLimits.turnMsMax

/** When a pass that may not be renewed ends: one that ran out in an outage goes on like every other. */
async function endOf(tx: Tx, { place, line }: Asked<PassInput>, now: number): Promise<number> {
  const { until, status } = place
  const mayBeRenewed = line.phase !== 'closed' && turnEndOf(place, now) > now
  if (until === null || until > now || status !== 'inside' || mayBeRenewed) return until ?? 0
  return (await deadlineAfterOutage(tx, until, now)) ?? until
}

/**
 * Wakes a sleeping place: it is called next, before everybody who waits. Any other live place is answered as it is. Who was
 * called again and again and did not come waits longer each time: places woken in turns would keep every slot from the line.
 */
export function wakeMany(env: QueueEnv, inputs: Who[]): Promise<Answer<Place>[]> {
  return eachPlace(env, inputs, async ({ tx, show, now }, asked) => {
    const over = ({ place, line }: Asked<Who>) =>
      place.status === 'ended' || place.status === 'ending' || (place.status === 'asleep' && line.phase === 'closed')
    const sleeping = asked.filter((one) => one.place.status === 'asleep' && !over(one)).map(({ place }) => place)
    const tooSoon = await tooSoonOf(tx, sleeping, now)
    const asleep = sleeping.filter((place) => !tooSoon.has(place))
    if (asleep.length > 0) {
      assert.equal((await places.wakePlaces(tx, asleep)).length, asleep.length, 'woken')
      await places.tell(tx, asleep, 'woken', now)
      for (const place of asleep) place.status = 'woken'
      for (const { windowId, number, until } of await fill(tx, show, now)) {
        const place = asleep.find((candidate) => candidate.windowId === windowId && candidate.number === number)
        if (place) Object.assign(place, { status: 'called', until })
      }
    }
    const views = await viewsOf(env, (line, ranks) => aheadBySql(tx, line, ranks), show, asked.map(({ place }) => place))
    const answer = (one: Asked<Who>): Answer<Place> => {
      const refusal = tooSoon.get(one.place)
      if (refusal) return refusal
      const reason = one.place.endedReason ?? one.line.closedReason
      return (over(one) ? undefined : views.get(one.place)) ?? new Refusal('place_ended', { reason })
    }
    return new Map(asked.map((one) => [one.input, answer(one)]))
  })
}

/** Of sleeping places those that may not be woken yet. */
async function tooSoonOf(tx: Tx, sleeping: places.PlaceRow[], now: number): Promise<Map<places.PlaceRow, Refusal>> {
  if (sleeping.length === 0) return new Map()
  const { sleepsFree, sleepMsMin, sleepMsMax } = queueLimits
  const keyOf = ({ windowId, number }: places.PlaceRef) => `${windowId} ${number}`
  const sleeps = new Map((await places.sleepsOf(tx, sleeping)).map((row) => [keyOf(row), row]))
  return new Map(sleeping.flatMap((place) => {
    const { sleeps: count = 0, lastAt } = sleeps.get(keyOf(place)) ?? {}
    if (count <= sleepsFree) return []
    const leftMs = (lastAt ?? 0) + Math.min(sleepMsMax, sleepMsMin * 2 ** (count - sleepsFree - 1)) - now
    return leftMs <= 0 ? [] : [[place, new Refusal('wake_too_soon', { retryAfterSeconds: Math.ceil(leftMs / 1_000), place: 'kept' })]]
  }))
}

/** Gives a place up: who is inside keeps the slot until seat has ended the pass. Leaving twice is leaving once. */
export function leaveMany(env: QueueEnv, inputs: Who[]): Promise<Answer<object>[]> {
  return eachPlace(env, inputs, async ({ tx, show, now }, asked) => {
    const refs = asked.filter(({ place }) => place.status !== 'ended' && place.status !== 'ending').map(({ place }) => place)
    await endNow(env, { tx, show, now }, refs, 'left')
    return new Map(asked.map(({ input }) => [input, {}]))
  })
}

/** Ends live places of the locked show for a reason and gives what becomes free to the next. */
export async function endNow(env: QueueEnv, { tx, show, now }: Locked, refs: places.PlaceRef[], reason: string): Promise<void> {
  if (refs.length === 0) return
  await rankRoster(tx, show, refs)
  const ended = await places.endPlaces(tx, refs, reason, now)
  assert.equal(ended[0]?.written, refs.length, 'places ended')
  await freeSlots(tx, show, ended.filter(({ was }) => was === 'called').map(({ windowId }) => windowId))
  await fill(tx, show, now)
  if (ended.some(({ was }) => was === 'inside')) tx.afterCommit(env.passesToEnd)
}

/** Who leaves a drawn roster before being called is counted at the rank, which nothing but the order tells until then. */
async function rankRoster(tx: Tx, show: Show, refs: places.PlaceRef[]): Promise<void> {
  for (const line of show.lines.filter(({ seed }) => seed !== null)) {
    const numbers = refs.filter(({ windowId, number }) => windowId === line.windowId && number <= line.rosterCount).map(({ number }) => number)
    if (numbers.length > 0) await rankPlaces(tx, line.windowId, numbers, numbers.map(orderOf(line).rankOf))
  }
}

/** Lets `act` decide on the askers' places with the show locked, a user at most once at a time. */
async function eachPlace<I extends Who, O>(
  env: QueueEnv,
  inputs: I[],
  act: (locked: Locked, asked: Asked<I>[]) => Promise<Map<I, Answer<O>>>,
): Promise<Answer<O>[]> {
  const showId = inputs[0]?.showId ?? ''
  const answers = new Map<I, Answer<O>>()
  for (let waiting = inputs; waiting.length > 0; ) {
    const [round, rest] = disjoint(waiting, (input) => [input.userId])
    const decided = await env.db.transaction(async (tx) => {
      const show = await lines.lockShow(tx, showId)
      if (!show) return undefined
      const mine = await places.placesOf(tx, show, round.map((input) => input.userId))
      const asked = round.flatMap((input) => {
        const place = mine.get(input.userId)
        return place ? [{ input, place, line: lineOf(show, place.windowId) }] : []
      })
      return asked.length > 0 ? act({ tx, show, now: env.now() }, asked) : new Map<I, Answer<O>>()
    })
    if (!decided) {
      const refusal = await noLine(env, showId)
      return inputs.map(() => refusal)
    }
    for (const input of round) answers.set(input, decided.get(input) ?? new Refusal('place_unknown'))
    waiting = rest
  }
  return inputs.map((input) => answers.get(input) as Answer<O>)
}
