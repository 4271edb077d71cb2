import assert from 'node:assert/strict'
import { LRUCache } from 'lru-cache'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { type Hold, seatLimits } from './api.ts'
import { type Ask, arrange, askOf, type HoldInput, type Lost, replacedBy, sorted, toHold } from './asks.ts'
import type { SeatEnv } from './env.ts'
import { applyAfterCommit, lookAt, type Picture, statusCode } from './picture.ts'
import { type Grant, grantAll, grantHolds, type Lost as Loss, PlanChangedMeanwhile, type Verdict } from './store-grants.ts'
import { HoldWrittenMeanwhile, knownHolds } from './store-holds.ts'
import { bumpOpenShows, ShowClosedMeanwhile } from './store-versions.ts'
import { swapHolds, tellSwapped } from './swap.ts'
import { triage } from './triage.ts'

export { deadlines, extendMany, holdOf, holdsOf, releaseMany, reserveMany } from './own-holds.ts'

/** Each ask is settled in one round or loses picked seats a few times; more rounds than this are a bug. */
const roundsPerAskMax = 8
const oneByOneMs = 5_000
/** of shows; a copy of the seats is made anew when others write */
const oneByOneUntil = new LRUCache<string, number>({ max: 5_000 })

/**
 * Holds of named and of best seats, all wanted seats or none. In memory only order is decided: a round takes, in
 * arrival order, asks that share no seat, user or hold id; the statement grants; who lost is refused only after one
 * look, for all of them, at what they already hold. The same holdId gives the same hold.
 */
export async function holdMany(env: SeatEnv, inputs: HoldInput[]): Promise<Answer<Hold>[]> {
  const asks = inputs.map((input) => askOf(env, input))
  for (const [showId, ofShow] of Map.groupBy(asks, (ask) => ask.input.showId)) await holdInShow(env, showId, ofShow)
  return asks.map(({ answer, input }) => {
    assert(answer, `hold ${input.holdId} was answered`)
    return answer
  })
}

async function holdInShow(env: SeatEnv, showId: string, asks: Ask[]) {
  const { leaders, followers } = shareAnswers(asks)
  const full = new Set<string>()
  let waiting = leaders
  for (let rounds = 0; waiting.length > 0; rounds++) {
    assert(rounds <= asks.length * roundsPerAskMax, `${waiting.length} holds were not decided`)
    const picture = await lookAt(env.pictures, showId)
    if (picture instanceof Refusal) for (const ask of waiting) ask.answer = picture
    else await decideRound(env, picture, waiting, full)
    waiting = waiting.filter((ask) => ask.answer === undefined)
  }
  for (const { follower, leader } of followers) follower.answer = leader.answer
}

async function decideRound(env: SeatEnv, picture: Picture, waiting: Ask[], full: Set<string>) {
  const { ready, lost } = arrange(picture, waiting, full)
  const swaps = ready.filter((ask) => replacedBy(ask) !== undefined)
  const holds = ready.filter((ask) => replacedBy(ask) === undefined)
  if (swaps.length > 0) lost.push(...(await attempt(env, picture, swaps, () => swapRound(env, picture, swaps))))
  if (holds.length > 0) lost.push(...(await attempt(env, picture, holds, () => holdRound(env, picture, holds))))
  if (lost.some(({ why }) => isNews(picture, why))) hearOfNews(env, picture)
  if (lost.length > 0) await triage(env, picture, lost, full)
}

/** Nothing was written. Whose hold id has a row already gets the answer of that row; the others are decided in the next round. */
async function attempt(env: SeatEnv, picture: Picture, asks: Ask[], round: () => Promise<Lost[]>): Promise<Lost[]> {
  try {
    return await round()
  } catch (error) {
    if (error instanceof HoldWrittenMeanwhile) return repeatsAmong(env, asks)
    const code = error instanceof ShowClosedMeanwhile ? 'show_closed' : error instanceof PlanChangedMeanwhile ? 'show_preparing' : undefined
    if (!code) throw error
    if (code === 'show_closed') hearOfNews(env, picture)
    else env.pictures.forget(picture.showId)
    return asks.map((ask) => ({ ask, why: new Refusal(code) }))
  }
}

async function swapRound(env: SeatEnv, picture: Picture, asks: Ask[]): Promise<Lost[]> {
  const { held, lost } = await env.db.transaction(async (tx) => {
    const swapped = await swapHolds(env, tx, picture, asks)
    if (swapped.held.length === 0) return swapped
    const changes = swapped.changes.map((change) => ({ ...change, showId: picture.showId }))
    applyAfterCommit(tx, env.pictures, await bumpOpenShows(tx, [picture.showId]), changes)
    await tellSwapped(env, tx, picture, swapped)
    return swapped
  })
  for (const { ask, row } of held) ask.answer = toHold(row, picture.seats)
  return lost
}

async function holdRound(env: SeatEnv, picture: Picture, asks: Ask[]): Promise<Lost[]> {
  const { showId, planVersion } = picture
  const now = env.now()
  const until = now + (env.holdMs ?? seatLimits.holdMs)
  const wanted = asks.map(({ input: { holdId, userId }, seatIds, hash, pass, source }) => {
    assert(!(pass instanceof Refusal), 'only who has a pass comes this far')
    return { holdId, userId, seatIds, hash, passNo: pass.passNo, fellBack: source === 'nearest', sections: pass.sections }
  })
  const verdict = await grant(env, { showId, planVersion, now, until, wanted })
  const lost = new Map(verdict.lost.map((loss) => [loss.i - 1, loss]))
  const granted = asks.filter((_, index) => !lost.has(index))
  if (verdict.version !== null) {
    const changes = granted.flatMap(({ seatIds }) => seatIds.map((seatId) => ({ seatId, status: statusCode.held })))
    env.pictures.apply(showId, changes, verdict.version)
  }
  const fresh = { showId, until, heldAt: now, extensions: 0, kind: 'ordinary', reservationId: null } as const
  for (const ask of granted)
    ask.answer = toHold({ ...fresh, id: ask.input.holdId, seatIds: ask.seatIds, fellBack: ask.source === 'nearest' }, picture.seats)
  return asks.flatMap((ask, index) => {
    const loss = lost.get(index)
    return loss ? [{ ask, why: whyLost(loss, ask) }] : []
  })
}

/**
 * What the copy in memory lets pass is nearly always possible: then all are granted at once. When something was not, the
 * show's next holds are granted one by one for a while, so that others do not pay for two statements each time.
 */
async function grant(env: SeatEnv, asked: Grant): Promise<Verdict> {
  if ((oneByOneUntil.get(asked.showId) ?? 0) <= asked.now) {
    const version = await grantAll(env.db, asked)
    if (version !== undefined) return { lost: [], version }
    // from now: it may have waited long
    oneByOneUntil.set(asked.showId, env.now() + oneByOneMs)
  }
  return grantHolds(env.db, asked)
}

/** Lost for now: the look at their rows gives the answer. */
async function repeatsAmong(env: SeatEnv, asks: Ask[]): Promise<Lost[]> {
  const known = await knownHolds(env.db, asks.map(({ input }) => input.holdId))
  return asks.flatMap((ask) => (known.has(ask.input.holdId) ? [{ ask, why: new Refusal('hold_ended') }] : []))
}

function whyLost({ fits, taken, found }: Loss, { seatIds }: Ask): Lost['why'] {
  if (fits) return 'quota'
  if (taken) return { taken: sorted(taken) }
  assert(found < seatIds.length)
  return new Refusal('seat_unknown', { seatIds })
}

/** Same id, same user, same request: one answer. The same id for something else is a conflict. */
function shareAnswers(asks: Ask[]): { leaders: Ask[]; followers: { follower: Ask; leader: Ask }[] } {
  if (areAllNew(asks)) return { leaders: asks, followers: [] }
  const leaders = new Map<string, Ask>()
  const followers: { follower: Ask; leader: Ask }[] = []
  for (const ask of asks) {
    const leader = leaders.get(ask.input.holdId)
    if (!leader) leaders.set(ask.input.holdId, ask)
    else if (leader.hash === ask.hash && leader.input.userId === ask.input.userId) followers.push({ follower: ask, leader })
    else ask.answer = new Refusal('idempotency_conflict')
  }
  return { leaders: [...leaders.values()], followers }
}

/**
 * Whether no id is there twice, told by a number of each. A Map that is asked for a text that nobody has seen yet enters it
 * among all texts of the process first: that alone cost a hold 0.9 us of its 40.
 */
function areAllNew(asks: Ask[]): boolean {
  const numbers = new Set<number>()
  for (const { input } of asks) numbers.add(endOf(input.holdId))
  return numbers.size === asks.length
}

/** Of the last eight digits of an id, which are random in every kind of it. */
function endOf(id: string): number {
  let end = 0
  for (let i = id.length - 8; i < id.length; i++) end = (end << 4) ^ id.charCodeAt(i)
  return end
}

/** Seats are taken that the picture shows as free: another process wrote. */
const isNews = ({ states }: Picture, why: Lost['why']) =>
  typeof why === 'object' && 'taken' in why && why.taken.some((id) => states[id - 1] === statusCode.available)

const hearOfNews = ({ pictures }: SeatEnv, { showId }: Picture) => pictures.doubt(showId)
