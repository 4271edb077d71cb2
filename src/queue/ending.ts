import assert from 'node:assert/strict'
import { answersOf } from '../platform/batch.ts'
import { outsideTransaction } from '../platform/database.ts'
import { doEach } from '../platform/jobs.ts'
import { type Answer, isRefusal, Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { fill, freeSlots } from './admission.ts'
import { queueLimits } from './api.ts'
import type { QueueEnv } from './env.ts'
import type { Line } from './line.ts'
import * as lines from './store-lines.ts'
import * as passes from './store-passes.ts'
import * as places from './store-places.ts'
import { endNow } from './turn.ts'

const endingsPerRunMax = 500
const purchasesPerRunMax = 200
const showsPerRunMax = 200
const chunksPerRunMax = 20

/**
 * Ends passes at seat, outside any transaction, and only then frees their slots. Repeatable: seat's floor only rises.
 * A show seat does not know sells nothing, so its passes are ended.
 */
export async function endPasses(env: QueueEnv): Promise<void> {
  const endings = await passes.passesToEnd(env.db, endingsPerRunMax)
  const answers = await answersOf(endings.map(({ showId, userId, passNo }) => env.seat.endPass({ showId, userId, passNo })))
  const done = endings.filter((_, index) => isSettled(answers[index]))
  await doEach(new Set(done.map((ending) => ending.showId)), (showId) => env.db.transaction(async (tx) => {
    const show = await lines.lockShow(tx, showId)
    if (!show) return
    const ended = await passes.passesEnded(tx, done.filter((ending) => ending.showId === showId), env.now())
    assert.equal(ended[0]?.written ?? 0, ended.length, 'passes ended')
    await freeSlots(tx, show, ended.filter(({ was }) => was === 'ending').map(({ windowId }) => windowId))
    await fill(tx, show, env.now())
  }))
  report(answers)
}

/** Who bought all they may has no use for a place any more; seats that are only held may yet be lost. */
export async function endAfterPurchase(env: QueueEnv): Promise<void> {
  const bought = await passes.purchases(env.db, purchasesPerRunMax)
  const answers = await answersOf(bought.map(({ showId, userId }) => env.seat.quota({ showId, userId })))
  const decided = bought.flatMap((purchase, index) => {
    const answer = answers[index]
    if (!isSettled(answer)) return []
    return [{ ...purchase, usedUp: !(answer instanceof Refusal) && answer.sold >= answer.seatsMax }]
  })
  await doEach(new Set(decided.map((purchase) => purchase.showId)), (showId) => {
    const ofShow = decided.filter((purchase) => purchase.showId === showId)
    return env.db.transaction(async (tx) => {
      const show = await lines.lockShow(tx, showId)
      const users = ofShow.filter(({ usedUp }) => usedUp).map(({ userId }) => userId)
      if (show) await endNow(env, { tx, show, now: env.now() }, await places.livePlacesOfShow(tx, show, users), 'purchase')
      await passes.forgetPurchases(tx, ofShow)
    })
  })
  report(answers)
}

/** Ends the places of closed lines in chunks; who is inside goes on until the pass ends, unless the show was cancelled. */
export async function endClosed(env: QueueEnv): Promise<void> {
  await doEach(await lines.showsClosing(env.db, showsPerRunMax), async (showId) => {
    for (let chunk = 0; chunk < chunksPerRunMax && (await endChunk(env, showId)); chunk++);
  })
}

/** Answers whether there may be more. */
function endChunk(env: QueueEnv, showId: string): Promise<boolean> {
  return env.db.transaction(async (tx) => {
    const show = await lines.lockShow(tx, showId)
    let more = false
    for (const line of show?.lines.filter(({ closing }) => closing) ?? []) {
      const refs = await places.placesIn(tx, line.windowId, endedByClosing(line), queueLimits.admitChunkMax)
      if (show) await endNow(env, { tx, show, now: env.now() }, refs, line.closedReason ?? 'line_closed')
      if (refs.length === queueLimits.admitChunkMax) more = true
      else if (line.live === 0) await lines.settleClosing(tx, line.windowId)
    }
    return more
  })
}

const endedByClosing = ({ closedReason }: Line): places.Status[] =>
  closedReason === 'show_cancelled' ? ['waiting', 'asleep', 'woken', 'called', 'inside'] : ['waiting', 'asleep', 'woken']

/** Certain answers; anything else is asked again. */
const isSettled = <T>(answer: Answer<T> | undefined): answer is T | Refusal =>
  answer !== undefined && !(answer instanceof UnknownOutcome)
  && (!(answer instanceof Refusal) || isRefusal(answer, 'show_unknown') || isRefusal(answer, 'show_preparing'))

/** What failed is repeated by the next run, but somebody must hear of it. */
function report(answers: Answer<unknown>[]) {
  const failed = answers.find((answer) => answer instanceof UnknownOutcome && answer.cause !== undefined)
  if (failed) throw failed
}

/** Runs work soon, once for any number of calls meanwhile. A hint: the job of the same work repeats and reports failures. */
export function soon(work: () => Promise<unknown>): () => void {
  let running = false
  let again = false
  const run = async () => {
    while (again) {
      again = false
      await work().catch(() => undefined) // the job meets the same failure and reports it
    }
    running = false
  }
  return () => {
    again = true
    if (running) return
    running = true
    outsideTransaction(() => void run())
  }
}
