import type { Database } from '../platform/database.ts'
import type { Surroundings } from '../platform/service.ts'
import type { Tokens } from '../platform/token.ts'
import type { PassClaims } from './api.ts'
import type { Pictures } from './picture.ts'
import type { Meter } from './pressure.ts'

/** What the rules of the seat service work with; they take it first, so that tests own time, ids and chance. */
export type SeatEnv = Surroundings & {
  db: Database
  passes: Tokens<PassClaims>
  pictures: Pictures
  meter: Meter
  /** how late this process's event loop is, in milliseconds; unknown is never late */
  lagMs?: (() => number) | undefined
  /** how long a first hold lasts; `seatLimits.holdMs` unless configured */
  holdMs?: number
}
