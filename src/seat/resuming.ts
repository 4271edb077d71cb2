import type { Tx } from '../platform/database.ts'
import { doEach } from '../platform/jobs.ts'
import { together } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { lockShow } from './store-shows.ts'
import * as store from './store-resuming.ts'

/** A resumed show leaves every running deadline at least this long. */
const afterResumeMs = 60_000
/** Holds moved by one transaction: about 20 ms on the embedded database, which serves nobody else meanwhile. */
const holdsPerChunkMax = 500
const showsPerRunMax = 50

/**
 * The job that gives the holds of resumed shows their pause back, in chunks with room for everybody else between them.
 * Meanwhile the show stays paused: no sweep ends its holds and a payment judges them by the clock that stands still.
 * A hold is marked as it moves, so that a repeat, another process or a crash moves none twice and leaves none behind.
 */
export async function resumeShows(env: SeatEnv): Promise<void> {
  await doEach(await store.resumingShows(env.db, showsPerRunMax), async (resuming) => {
    for (;;) {
      const groups = together(await store.unmovedHolds(env.db, resuming))
      for (const chunk of chunksOf(groups)) await env.db.transaction((tx) => moveChunk(env, tx, resuming, chunk))
      if (await finish(env, resuming)) return
    }
  })
}

/** All of it at once, for a show that is paused again before the job was done. */
export async function resumeNow(env: SeatEnv, tx: Tx, showId: string): Promise<void> {
  const resuming = await store.resumingOf(tx, showId)
  if (!resuming) return
  for (const chunk of chunksOf(together(await store.unmovedHolds(tx, resuming)))) await moveChunk(env, tx, resuming, chunk)
  await store.finishResuming(tx, resuming)
}

async function moveChunk(env: SeatEnv, tx: Tx, resuming: store.Resuming, holdIds: string[]) {
  const reservationIds = await store.lockHolds(tx, holdIds)
  await store.moveHolds(tx, resuming, holdIds, reservationIds, env.now() + afterResumeMs)
}

/** Whoever changes a hold's id bumps the show last, so with its row locked nobody can bring an unmoved one any more. */
async function finish(env: SeatEnv, resuming: store.Resuming): Promise<boolean> {
  const done = await env.db.transaction(async (tx) => {
    await lockShow(tx, resuming.showId)
    if ((await store.unmovedHolds(tx, resuming)).length > 0) return false
    await store.finishResuming(tx, resuming)
    return true
  })
  if (done) env.pictures.forget(resuming.showId)
  return done
}

/** Holds bound together move together; a reservation has few. */
function chunksOf(groups: string[][]): string[][] {
  const chunks: string[][] = []
  for (const group of groups) {
    const last = chunks.at(-1)
    if (last && last.length + group.length <= holdsPerChunkMax) last.push(...group)
    else chunks.push([...group])
  }
  return chunks
}
