import type { ConcertServiceApi } from '../concert/api.ts'
import { readAudit } from '../platform/audit.ts'
import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import type { Live } from '../platform/live.ts'
import type { Service, Surroundings } from '../platform/service.ts'
import type { Tokens } from '../platform/token.ts'
import type { PassClaims, seatOperations } from './api.ts'
import { block, blocksOf, unblock } from './block.ts'
import { afterOutage, beat, sweep } from './clock.ts'
import { endHoldsOfClosed } from './ending.ts'
import type { SeatEnv } from './env.ts'
import { freeCancelled } from './free.ts'
import { deadlines, extendMany, holdMany, holdOf, holdsOf, releaseMany, reserveMany } from './hold.ts'
import { map, telling, version } from './map.ts'
import { createPictures } from './picture.ts'
import { pinMany, sellMany, unpinMany } from './pin.ts'
import { endPassMany, quota, story } from './quota.ts'
import { createMeter, meteredHolds, touching } from './pressure.ts'
import { resumeShows } from './resuming.ts'
import { countClocks } from './store-deadlines.ts'
import { showHandlers } from './show.ts'
import { stock, tellStock } from './stock.ts'
import { tally } from './tally.ts'

export type SeatNeeds = Surroundings & {
  db: Database
  passes: Tokens<PassClaims>
  /** how long a first hold lasts */
  holdMs?: number
  lagMs?: (() => number) | undefined
  /** tells a show whose seats are being prepared from one that does not exist; without it both are unknown */
  concert?: Pick<ConcertServiceApi, 'show'>
  /** tells who watches the map of what was committed; without it only the map itself does */
  live?: Live
}

/** More a statement cost less each, but one statement keeps the embedded database from everybody else. */
const holdsPerStatementMax = 256

/** Seats of shows: who holds, pins, owns and blocks them. Hold and best of one show share a lane, in arrival order. */
export function createSeat({ concert, live, ...needs }: SeatNeeds): Service<typeof seatOperations> {
  const pictures = createPictures(needs.db, concert)
  const env: SeatEnv = { ...needs, pictures: live ? telling(pictures, live) : pictures, meter: createMeter(needs.newId()) }
  const take = batched((inputs: Parameters<typeof holdMany>[1]) => holdMany(env, inputs), {
    lane: (input) => input.showId, sizeMax: holdsPerStatementMax, ...meteredHolds(env.meter, env.now),
  })
  return {
    api: {
      hold: (input) => take(input),
      best: (input) => take(input),
      extend: batched((inputs) => extendMany(env, inputs)),
      release: batched((inputs) => releaseMany(env, inputs)),
      holdOf: (input) => holdOf(env, input),
      holdsOf: (input) => holdsOf(env, input),
      tally: (input) => tally(env, input),
      reserve: batched((inputs) => reserveMany(env, inputs)),
      deadlines: (input) => deadlines(env, input),
      pin: touching(batched((inputs: Parameters<typeof pinMany>[1]) => pinMany(env, inputs)), env.meter, env.now),
      unpin: batched((inputs) => unpinMany(env, inputs)),
      sell: batched((inputs) => sellMany(env, inputs)),
      block: (input) => block(env, input),
      unblock: (input) => unblock(env, input),
      blocks: (input) => blocksOf(env, input),
      endPass: batched((inputs) => endPassMany(env, inputs), { lane: (input) => input.showId }),
      quota: (input) => quota(env, input),
      map: (input) => map(env, input),
      version: (input) => version(env, input),
      stock: (input) => stock(env, input),
      clocks: async ({ showId }) => ({ holds: await countClocks(env.db, showId) }),
      audit: (input) => readAudit(env.db, 'seat', input),
      story: (input) => story(env, input),
    },
    on: {
      ...showHandlers(env),
      'reservation.cancelled': (tx, events) => freeCancelled(env, tx, events),
    },
    recover: () => afterOutage(env),
    jobs: [
      { name: 'seat.sweep', everyMs: 250, run: () => sweep(env) },
      { name: 'seat.heartbeat', everyMs: 1_000, run: () => afterOutage(env).then(() => beat(env)) },
      { name: 'seat.resume', everyMs: 250, run: () => resumeShows(env) },
      { name: 'seat.close', everyMs: 1_000, run: () => endHoldsOfClosed(env) },
      { name: 'seat.stock', everyMs: 250, run: () => tellStock(env) },
    ],
  }
}
