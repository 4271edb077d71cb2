import type { LRUCache } from 'lru-cache'
import type { Database } from '../platform/database.ts'
import type { Live } from '../platform/live.ts'
import type { Surroundings } from '../platform/service.ts'
import type { Tally } from '../platform/tally.ts'
import type { Signer } from '../platform/signature.ts'
import type { Tokens } from '../platform/token.ts'
import type { PassClaims, SeatApi } from '../seat/api.ts'
import type { WorkClaims } from './api.ts'
import type { Beacon } from './beacon.ts'
import type { Pace } from './pace.ts'
import type { Note } from './store-evidence.ts'
import type { Positions } from './positions.ts'

/** What the rules of the queue are given. */
export type QueueEnv = Surroundings & {
  db: Database
  seat: Pick<SeatApi, 'endPass' | 'quota' | 'clocks' | 'stock'>
  passes: Tokens<PassClaims>
  capDefault: number
  /** null: draws take nothing from outside, and say so */
  beacon: Beacon | null
  /** since when this process asks for a round of a window: an outage does not use up the time it is waited for */
  askedSince: LRUCache<string, number>
  /** 32 bytes nobody can foresee */
  newSecret: () => Uint8Array
  /** signs frames */
  signer: Signer
  live: Live
  pace: Pace
  works: Tokens<WorkClaims>
  /** what the gate decided against somebody, until it is written */
  evidence: Tally<Note>
  /** how late this process's event loop is, in milliseconds; unknown is never late */
  lagMs?: (() => number) | undefined
  positions: Positions
  /** tells the job that ends passes to look at once; losing it costs a quarter of a second */
  passesToEnd: () => void
}
