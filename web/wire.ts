import type { Concert, ConcertItem, FoundConcert, Plan, Price, SectionShape, Show as InnerShow, ShowDetail, Window } from '../src/concert/api.ts'
import type { Payment as InnerPayment } from '../src/payment/api.ts'
import type { LineFrame } from '../src/line-client/api.ts'
import type { Appeal, Place as InnerPlace } from '../src/queue/api.ts'
import type { Line, Reservation as InnerReservation } from '../src/reservation/api.ts'
import type { Hold as InnerHold, MapSeat as SeatSchema, seatOperations } from '../src/seat/api.ts'
import type { Entry as InnerEntry, TopUp } from '../src/wallet/api.ts'

/** What the API sends: the services' own shapes, with instants as ISO text. */
type Written<T> = null extends T ? string | null : string
type Iso<T, K extends keyof T> = Omit<T, K> & { [P in K]: Written<T[P]> }
type Of<T extends { '~kind'?: unknown }> = import('typebox').Static<T & import('typebox').TSchema>

type ConcertTimes = 'firstShowAt' | 'lastShowAt' | 'createdAt' | 'updatedAt'
export type WireConcert = Iso<Concert, ConcertTimes>
export type WireConcertItem = Iso<ConcertItem, ConcertTimes>
export type WireFoundConcert = Iso<FoundConcert, ConcertTimes | 'opensAt' | 'openedAt' | 'closesAt'>
export type WireWindow = Iso<Window, 'opensAt' | 'closesAt' | 'lobbyOpensAt'>
export type Availability = { state: 'open' | 'all_held' | 'sold_out' | 'closed'; earliestUntil?: string; opensAt?: string }
export type WireShow = Omit<Iso<ShowDetail, 'startsAt' | 'endsAt' | 'createdAt' | 'updatedAt'>, 'windows' | 'prices'> & {
  windows: WireWindow[]
  prices: Of<typeof Price>[]
  availability: Availability | null
  left: { grade: string; total: number; available: number }[] | null
}
export type Status = InnerShow['status']
export type WirePlace = Iso<InnerPlace, 'until' | 'joinedAt'>
export type WireFrame = LineFrame
/** The checklist before the opening. */
export type WireLobby = { phase: string; opensAt: string; sealsAt: string | null; serverTime: string; checks: { signedIn: boolean; verified: boolean | null; window: { ok: boolean; refusal: string | null }; wallet: { ok: boolean; balance: number; wanted: number } | null }; number: number | null }
export type WirePass = { pass: string; expiresAt: string }
export type WireHold = Iso<InnerHold, 'until'>
/** The plan as its organiser reads it. */
export type WirePlan = Plan & { planVersion: number }
export type WireBlock = { seatId: number; reason: string }
export type MapSeat = Of<typeof SeatSchema>
type InnerMap = Of<(typeof seatOperations)['map']['output']>
/** Seats and shapes are absent from an answer to who has them. */
export type WireMap = Omit<InnerMap, 'seats' | 'shapes'> & Partial<Pick<InnerMap, 'seats' | 'shapes'>>
/** What of a map does not change: its seats, and how sections stand. */
export type MapPlan = { seats: MapSeat[]; shapes: ReadonlyMap<string, SectionShape> }
export const shapesOf = (shapes: WireMap['shapes']): MapPlan['shapes'] => new Map((shapes ?? []).map(({ section, ...shape }) => [section, shape]))
export type WireReservation = Omit<Iso<InnerReservation, 'expiresAt' | 'createdAt'>, 'userId' | 'paymentsLeft'>
export type WireLine = Line
export type WirePayment = Iso<InnerPayment, 'createdAt' | 'until'>
export type WireErrand = Iso<TopUp, 'createdAt'>
export type WireWallet = { balance: number; currency: 'KRW'; pendingTopUps: WireErrand[] }
export type WireEntry = Iso<InnerEntry, 'at'>
export type Step = { at: string; service: string; what: string; detail: Record<string, unknown> }
export type WireAppeal = Omit<Iso<Of<typeof Appeal>, 'filedAt' | 'answeredAt'>, 'userId' | 'evidence'> & { evidence: Iso<Of<typeof Appeal>['evidence'][number], 'firstAt' | 'lastAt'>[] }
export type Me = { id: string; email: string; name: string; role: string; verified: boolean; balance: number }
export type Listed<T> = { items: T[]; nextCursor: string | null }
