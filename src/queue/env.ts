import type { Database } from '../platform/database.ts'
import type { Live } from '../platform/live.ts'
import type { Surroundings } from '../platform/service.ts'
import type { Signer } from '../platform/signature.ts'
import type { Tokens } from '../platform/token.ts'
import type { PassClaims, SeatApi } from '../seat/api.ts'
import type { Beacon } from './beacon.ts'
import type { Pace } from './pace.ts'
import type { Positions } from './positions.ts'

/** What the rules of the queue are given. */
export type QueueEnv = Surroundings & {
  db: Database
  seat: Pick<SeatApi, 'endPass' | 'quota' | 'stock'>
  passes: Tokens<PassClaims>
  capDefault: number
  /** null: draws take nothing from outside, and say so */
  beacon: Beacon | null
  /** 32 bytes nobody can foresee */
  newSecret: () => Uint8Array
  /** signs frames */
  signer: Signer
  live: Live
  pace: Pace
  positions: Positions
  /** tells the job that ends passes to look at once; losing it costs a quarter of a second */
  passesToEnd: () => void
}
