import assert from 'node:assert/strict'
import type { Static } from 'typebox'
import { disjoint } from '../platform/batch.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { type Hold, seatLimits, type seatOperations } from './api.ts'
import { chooseBest, nearestGroups } from './choose.ts'
import type { SeatEnv } from './env.ts'
import { checkPass } from './pass.ts'
import { applyAfterCommit, type Picture } from './picture.ts'
import { grant, type HoldRow, holdsOfOrBy, quotasOf } from './store-taking.ts'
import { bumpShows } from './store-pins.ts'
import { swap } from './swap.ts'
import { holdOutput } from './view.ts'

type HoldInput = { kind: 'hold' } & Static<(typeof seatOperations)['hold']['input']>
type BestInput = { kind: 'best' } & Static<(typeof seatOperations)['best']['input']>
export type TakeInput = HoldInput | BestInput

/** One input on its way: `seatIds` is what it wants now, chosen anew for best and nearest after a lost race. */
type Wish = {
  input: TakeInput
  hash: string
  passNo: number
  sections: string[] | null
  seatIds: number[]
  fellBack: boolean
  picks: number
  /** why it would be refused, unless the batched read finds that it is a repeat */
  doubt?: Refusal
  /** its own earlier answers were read already */
  looked: boolean
  answer?: Answer<Hold>
}

const picksMax = 3
const roundsMax = 1_000

/**
 * Decides holds and best-available of one show, in arrival order. In memory only order is decided: a round takes wishes
 * that share no seat, user or id; the verdict is the row's. Who lost against a known grant is refused without the hold
 * statement, after one batched read for repeats. Each round settles at least its first wish.
 */
export async function holdMany(env: SeatEnv, inputs: TakeInput[]): Promise<Answer<Hold>[]> {
  const showId = inputs[0]?.showId ?? ''
  const picture = await env.pictures.of(showId)
  const byId = new Map<string, Wish>()
  const wishes = inputs.map((input) => {
    const hash = hashOf(input)
    const twin = byId.get(input.holdId)
    if (twin && twin.hash === hash && twin.input.userId === input.userId) return twin
    const wish = wishOf(env, input, hash)
    if (picture.status === 'closed') wish.doubt = new Refusal('show_closed')
    if (twin) wish.answer = new Refusal('idempotency_conflict')
    else byId.set(input.holdId, wish)
    return wish
  })
  const taken = new Set<number>()
  let open = [...new Set(wishes)].filter((wish) => !wish.answer)
  for (let round = 0; open.length > 0; round++) {
    assert(round < roundsMax, `${open.length} wishes undecided after ${round} rounds`)
    await decideRound(env, picture, open, taken)
    open = open.filter((wish) => !wish.answer)
  }
  return wishes.map((wish) => wish.answer as Answer<Hold>)
}

function hashOf(input: TakeInput): string {
  if (input.kind === 'best') return requestHash({ quantity: input.quantity, grade: input.grade, section: input.section, together: input.together })
  return requestHash({ seatIds: input.seatIds.toSorted((a, b) => a - b), replaces: input.replaces, fallback: input.fallback, together: input.together })
}

function wishOf(env: SeatEnv, input: TakeInput, hash: string): Wish {
  const pass = checkPass(env, input)
  const seatIds = input.kind === 'hold' ? input.seatIds.toSorted((a, b) => a - b) : []
  const wish: Wish = { input, hash, passNo: 0, sections: null, seatIds, fellBack: false, picks: 0, looked: false }
  if (!(pass instanceof Refusal)) return { ...wish, passNo: pass.passNo, sections: pass.sections }
  // a swap for no more seats needs no pass; swap() asks for it otherwise
  return input.kind === 'hold' && input.replaces !== undefined ? { ...wish, passNo: -1, doubt: pass } : { ...wish, doubt: pass }
}

async function decideRound(env: SeatEnv, picture: Picture, open: Wish[], taken: Set<number>): Promise<void> {
  const chosen = new Set<number>()
  const free = (id: number) => picture.states[id - 1] === 0 && !taken.has(id)
  for (const wish of open) choose(picture, wish, (id) => free(id) && !chosen.has(id), chosen)
  const swaps = open.filter(isSwap)
  const doubted = open.filter((wish) => !isSwap(wish) && (wish.doubt || wish.seatIds.some((id) => !free(id))))
  await lookForRepeats(env, picture, doubted)
  for (const wish of doubted) if (!wish.answer) refuseOrPickAgain(picture, wish, free)

  const ready = open.filter((wish) => !wish.answer && !isSwap(wish) && wish.seatIds.length > 0 && wish.seatIds.every(free))
  const [first] = disjoint(ready, (wish) => [`h${wish.input.holdId}`, `u${wish.input.userId}`, ...wish.seatIds])
  if (first.length > 0) await grantRound(env, picture, first, taken)
  for (const wish of swaps) if (!wish.answer) wish.answer = await swapOne(env, picture, wish)
}

const isSwap = (wish: Wish) => wish.input.kind === 'hold' && wish.input.replaces !== undefined

/** Seats for best-available: other ones for each asker of the round. */
function choose(picture: Picture, wish: Wish, free: (id: number) => boolean, chosen: Set<number>) {
  const { input } = wish
  if (input.kind !== 'best' || wish.answer || wish.doubt) return
  if (wish.seatIds.length === 0 || !wish.seatIds.every(free)) {
    const { quantity, grade, section, together = true } = input
    wish.seatIds = chooseBest(picture, free, { quantity, grade, section, sections: wish.sections, together }) ?? []
    wish.picks++
  }
  for (const id of wish.seatIds) chosen.add(id)
  // somebody ahead in this round may have taken the last ones: only an unclaimed hall is a refusal
  if (wish.seatIds.length === 0 && chosen.size === 0) wish.doubt = new Refusal('not_enough_seats', { quantity: input.quantity })
}

/** One read for all in doubt: whose id is known or who already holds what is wanted gets that answer. */
async function lookForRepeats(env: SeatEnv, picture: Picture, doubted: Wish[]): Promise<void> {
  const fresh = doubted.filter((wish) => !wish.looked)
  if (fresh.length === 0) return
  const { showId } = picture
  const rows = await holdsOfOrBy(env.db, fresh.map((wish) => wish.input.holdId), [...new Set(fresh.map((wish) => wish.input.userId))], showId)
  const byId = new Map(rows.map((row) => [row.id, row]))
  const byUser = Map.groupBy(rows.filter((row) => row.endedReason === null && row.showId === showId), (row) => row.userId)
  for (const wish of fresh) {
    wish.looked = true
    const known = byId.get(wish.input.holdId)
    if (known) wish.answer = repeatOf(picture, wish, known)
    else if (wish.input.kind === 'hold') wish.answer = ownHoldOf(picture, wish, byUser.get(wish.input.userId) ?? []) as Answer<Hold>
  }
}

function repeatOf(picture: Picture, wish: Wish, row: HoldRow): Answer<Hold> {
  if (row.userId !== wish.input.userId || row.requestHash !== wish.hash || row.showId !== picture.showId) return new Refusal('idempotency_conflict')
  if (row.endedReason !== null) return new Refusal('hold_ended', { reason: row.endedReason })
  return holdOutput(picture, row)
}

/** Holding exactly what one holds is that hold; holding some of it needs `replaces`. */
function ownHoldOf(picture: Picture, wish: Wish, own: HoldRow[]): Answer<Hold> | undefined {
  const wanted = new Set(wish.seatIds)
  const overlapping = own.find((row) => row.seatIds.some((id) => wanted.has(id)))
  if (!overlapping) return undefined
  const same = overlapping.seatIds.length === wanted.size && overlapping.seatIds.every((id) => wanted.has(id))
  return same ? holdOutput(picture, overlapping) : new Refusal('hold_exists', { holdId: overlapping.id })
}

function refuseOrPickAgain(picture: Picture, wish: Wish, free: (id: number) => boolean) {
  const { input } = wish
  if (wish.doubt) wish.answer = wish.doubt
  else if (input.kind === 'best') wish.answer = wish.picks > picksMax ? new Refusal('not_enough_seats', { quantity: input.quantity }) : (undefined as never)
  else if (wish.seatIds.some((id) => id > picture.seats.length)) wish.answer = new Refusal('seat_unknown', { unknown: wish.seatIds.filter((id) => id > picture.seats.length) })
  else if (input.fallback === 'nearest' && wish.picks < picksMax) {
    const [nearest] = nearestGroups(picture, free, input.seatIds, { together: input.together !== false, sections: wish.sections, count: 1 })
    if (nearest) Object.assign(wish, { seatIds: nearest, fellBack: true, picks: wish.picks + 1 })
    else wish.answer = takenRefusal(picture, wish, free)
  } else wish.answer = takenRefusal(picture, wish, free)
}

function takenRefusal(picture: Picture, wish: Wish, free: (id: number) => boolean): Refusal {
  const wanted = wish.input.kind === 'hold' ? wish.input.seatIds : wish.seatIds
  return new Refusal('seat_taken', {
    taken: wanted.filter((id) => !free(id)),
    alternatives: nearestGroups(picture, free, wanted, { together: true, sections: wish.sections }),
  })
}

async function grantRound(env: SeatEnv, picture: Picture, first: Wish[], taken: Set<number>): Promise<void> {
  const wishes = first.filter((wish) => {
    const outside = wish.sections && wish.seatIds.some((id) => !wish.sections?.includes(picture.seats[id - 1]?.section ?? ''))
    if (outside) wish.answer = new Refusal('section_not_in_window', { sections: wish.sections })
    return !outside
  })
  if (wishes.length === 0) return
  const now = env.now()
  const until = now + (env.holdMs ?? seatLimits.holdMs)
  const { showId, planVersion, ticketsPerUserMax: seatsMax } = picture
  const verdicts = await env.db.transaction(async (tx) => {
    const rows = await grant(tx, showId, wishes.map(({ input, hash, ...wish }) => ({ ...wish, holdId: input.holdId, userId: input.userId, requestHash: hash })), { now, until, seatsMax, planVersion })
    const granted = rows.filter((row) => row.verdict === 'held').flatMap((row) => wishes[row.i - 1]?.seatIds ?? [])
    if (granted.length === 0) return rows
    const versions = await bumpShows(tx, [showId], true)
    if (versions.length === 0) throw new Refusal('show_closed')
    applyAfterCommit(tx, env.pictures, versions, granted.map((seatId) => ({ showId, seatId, status: 1 })))
    return rows
  }).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error
    for (const wish of wishes) wish.answer = error
    return []
  })
  const overQuota: Wish[] = []
  for (const { i, verdict, taken: lost } of verdicts) {
    const wish = wishes[i - 1] as Wish
    if (verdict === 'held') {
      for (const id of wish.seatIds) taken.add(id)
      wish.answer = holdOutput(picture, { ...rowOf(wish, picture, now, until) })
    } else if (verdict === 'seat_unknown') wish.answer = new Refusal('seat_unknown', { unknown: wish.seatIds.filter((id) => id > picture.seats.length) })
    else if (verdict === 'quota') overQuota.push(wish)
    else if (verdict === 'known') wish.doubt = new Refusal('hold_ended') // the read of the next round gives its answer
    else for (const id of lost ?? []) taken.add(id)
  }
  if (overQuota.length > 0) await refuseOverQuota(env, picture, overQuota)
}

const rowOf = (wish: Wish, picture: Picture, now: number, until: number): HoldRow => ({
  id: wish.input.holdId, showId: picture.showId, userId: wish.input.userId, planVersion: picture.planVersion, seatIds: wish.seatIds,
  until, heldAt: now, extensions: 0, reservationId: null, pinnedBy: null, requestHash: wish.hash, fellBack: wish.fellBack, endedReason: null, sections: wish.sections,
})

/** The quota's row said no: because of its limit or because the pass was ended. */
async function refuseOverQuota(env: SeatEnv, picture: Picture, wishes: Wish[]): Promise<void> {
  const rows = await quotasOf(env.db, picture.showId, wishes.map((wish) => wish.input.userId))
  const byUser = new Map(rows.map((row) => [row.userId, row]))
  for (const wish of wishes) {
    const quota = byUser.get(wish.input.userId)
    const ended = quota !== undefined && wish.passNo < quota.passFloor
    wish.doubt = ended ? new Refusal('pass_ended', { action: 'renew' }) : new Refusal('quota_exceeded', { seats: quota?.seats ?? 0, seatsMax: quota?.seatsMax ?? picture.ticketsPerUserMax })
  }
}

async function swapOne(env: SeatEnv, picture: Picture, wish: Wish): Promise<Answer<Hold>> {
  if (wish.input.kind !== 'hold') throw new Error('only holds are swapped')
  const { input } = wish
  const free = (id: number) => picture.states[id - 1] === 0
  const answer = await swap(env, picture, { ...input, replaces: input.replaces ?? '', requestHash: wish.hash, seatIds: wish.seatIds, pass: wish.doubt ?? { passNo: wish.passNo, sections: wish.sections } })
  if (answer instanceof Refusal && answer.code === 'seat_taken') answer.params.alternatives = nearestGroups(picture, free, input.seatIds, { together: true, sections: wish.sections })
  return answer
}

export { extendMany, releaseMany, reserveMany } from './binding.ts'
export { deadlines, holdOf, holdsOf } from './view.ts'
