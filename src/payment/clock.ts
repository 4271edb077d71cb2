import type { Database } from '../platform/database.ts'
import { afterOutage, continueBeat, type Heart } from '../platform/heartbeat.ts'
import { liftWaits } from './store.ts'

const waitsPerChunkMax = 200

const heart: Heart = { service: 'payment', chunkMax: waitsPerChunkMax, lift: (tx, span) => liftWaits(tx, { ...span, limit: waitsPerChunkMax }) }

/** After an outage the deadlines of waiting payments that ran out in it move to a minute from now; answers how many. */
export const graceAfterOutage = (db: Database, now: number): Promise<number> => afterOutage(db, heart, now)

/** A beat needs no sweep before it: a payment asks the wallet each time before it gives up. */
export async function beat(db: Database, now: () => number): Promise<void> {
  await graceAfterOutage(db, now())
  await continueBeat(db, heart.service, now())
}
