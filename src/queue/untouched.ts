import { answersOf } from '../platform/batch.ts'
import { doEach } from '../platform/jobs.ts'
import { Refusal, UnknownOutcome } from '../platform/outcome.ts'
import { fill, freeSlots } from './admission.ts'
import { isStopped } from './clock.ts'
import type { QueueEnv } from './env.ts'
import { lockShow } from './store-lines.ts'
import * as passes from './store-passes.ts'

const perRunMax = 200

/**
 * The job that puts places back to sleep whose client took the turn by itself and where nobody was: no strike, the number
 * stays, the slot goes on. Seat decides on the row of the quota whether the pass was used and else ends it, outside any
 * transaction; a pass that was renewed meanwhile has a higher number and goes on. Pauses and outages move this clock too.
 */
export async function sleepUntouched(env: QueueEnv): Promise<void> {
  if (await isStopped(env.db, env.now())) return
  const found = await passes.untouched(env.db, env.now(), perRunMax)
  const answers = await answersOf(found.map(({ showId, userId, passNo }) => env.seat.endPass({ showId, userId, passNo, unlessUsed: true })))
  await doEach(found.map((place, index) => ({ place, answer: answers[index] })), async ({ place, answer }) => {
    if (answer === undefined || answer instanceof UnknownOutcome) return // asked again by the next run
    const isUsed = !(answer instanceof Refusal) && answer.used
    await env.db.transaction(async (tx) => {
      const show = await lockShow(tx, place.showId)
      if (!show || show.pausedAt !== null) return
      if (isUsed) return passes.touch(tx, place)
      const now = env.now()
      if (!(await passes.sleep(tx, place, now))) return
      await freeSlots(tx, show, [place.windowId])
      await fill(tx, show, now)
    })
  })
}
