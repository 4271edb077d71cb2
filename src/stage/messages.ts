import Type, { type Static } from 'typebox'
import { Count, Exact, Id } from '../platform/contract.ts'
import { Nullable } from '../platform/http.ts'

/** What the crowd met so far; `report` once everybody is through and everything was checked. */
export const CrowdState = Exact({
  showId: Id, fans: Count, seats: Count, isOver: Type.Boolean(),
  arrived: Count, joined: Count, entered: Count, paidSeats: Count, lostRaces: Count, refused: Count, retries: Count,
  report: Nullable(Exact({
    sound: Type.Boolean(), sold: Count, paidByCrowd: Count, soldTwice: Count, unexpected: Count, lost: Count, violations: Count, verified: Type.Boolean(), kills: Count,
    meanWaitSeconds: Type.Number(), saleSeconds: Type.Number(), journeysPerSecond: Type.Number(), refusals: Type.Record(Type.String(), Count),
  })),
  error: Nullable(Type.String()),
})
export type CrowdState = Static<typeof CrowdState>
/** How often the server was killed and started again, and how long that took the last time. */
export const StageState = Exact({ kills: Count, backMs: Nullable(Count), crowd: Nullable(CrowdState) })
export type StageState = Static<typeof StageState>

export type CrowdJob = { url: string; opsUrl: string; showId: string; tokens: string[]; seats: number }
/** From the server to the process that watches over it. */
export type ToSupervisor = { kind: 'served'; url: string; opsUrl: string } | { kind: 'kill' } | { kind: 'rush'; showId: string; tokens: string[]; seats: number }
export type ToServer = { kind: 'state'; state: StageState }
export type FromCrowd = Omit<CrowdState, 'showId' | 'fans' | 'seats'>
