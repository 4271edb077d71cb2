import Type, { type Static } from 'typebox'
import { type Api, Count, Exact, Id, Instant, operation, Text, Won } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const concertLimits = { sectionsMax: 200, rowsMax: 400, rowSeatsMax: 400, seatsMax: 100_000, windowsMax: 10, codesMax: 1_000, gradesMax: 20, priceTypesMax: 10, pageSizeMax: 100 } as const

const Numbers = Type.Optional(Type.Array(Type.Integer({ minimum: 1, maximum: concertLimits.rowSeatsMax }), { maxItems: concertLimits.rowSeatsMax, uniqueItems: true }))
/** Seats 1…seats of a row; attribute lists name seat numbers within the row. */
export const PlanRow = Exact({
  name: Text(20),
  seats: Type.Integer({ minimum: 1, maximum: concertLimits.rowSeatsMax }),
  accessible: Numbers,
  companion: Numbers,
  restrictedView: Numbers,
  aisle: Numbers,
})
/** A standing section sells `capacity` entries; its seat number is the entry number. Seat ids are 1…N in plan order. */
export const PlanSection = Exact({
  name: Text(40),
  kind: Type.Union([Type.Literal('seated'), Type.Literal('standing')]),
  grade: Text(40),
  rows: Type.Optional(Type.Array(PlanRow, { minItems: 1, maxItems: concertLimits.rowsMax })),
  capacity: Type.Optional(Type.Integer({ minimum: 1, maximum: concertLimits.seatsMax })),
})
export const Plan = Exact({ sections: Type.Array(PlanSection, { minItems: 1, maxItems: concertLimits.sectionsMax }) })
export type Plan = Static<typeof Plan>

export const Price = Exact({
  grade: Text(40),
  price: Won,
  types: Type.Optional(Type.Array(Exact({ name: Text(40), price: Won, proofAtDoor: Type.Boolean() }), { maxItems: concertLimits.priceTypesMax })),
})
export const Window = Exact({
  id: Id,
  name: Text(80),
  opensAt: Instant,
  closesAt: Instant,
  audience: Type.Union([Type.Literal('everyone'), Type.Literal('codes')]),
  /** section names sold in this window; null for all */
  sections: Type.Union([Type.Array(Text(40), { maxItems: concertLimits.sectionsMax }), Type.Null()]),
})
export type Window = Static<typeof Window>
/** Versioned and copied to the reservation: lines may be cancelled for a full refund until this long before the show. */
export const CancellationPolicy = Exact({ version: Count, cutoffMinutesBeforeStart: Type.Integer({ minimum: 0, maximum: 527_040 }) })

export const Show = Exact({
  id: Id,
  concertId: Id,
  organiserId: Id,
  title: Type.String(),
  venue: Type.String(),
  startsAt: Instant,
  endsAt: Instant,
  timeZone: Type.String(),
  currency: Type.Literal('KRW'),
  status: Type.Union(['draft', 'published', 'closing', 'cancelled', 'deleted'].map((s) => Type.Literal(s))),
  paused: Type.Boolean(),
  planVersion: Count,
  prices: Type.Array(Price),
  bookingFee: Won,
  ticketsPerUserMax: Type.Integer({ minimum: 1, maximum: 50 }),
  policy: CancellationPolicy,
  windows: Type.Array(Window),
  /** seats of the plan by grade */
  totals: Type.Array(Exact({ grade: Type.String(), total: Count })),
})
export type Show = Static<typeof Show>

/** Operations other services use; the concert routes add their own, declared below them. */
export const concertServiceOperations = {
  show: operation({ input: Exact({ showId: Id }), output: Show, refusals: ['show_unknown'] }),
}

/**
 * Events (producer `concert`, key = showId, version = shows.event_version):
 * - show.published {showId, concertId, organiserId, planVersion, plan, ticketsPerUserMax, startsAt, endsAt, windows: (Window & {codeHashes: string[]})[], bookingFee}
 *   (a code's hash is sha256 base64url of windowId + ':' + the code trimmed and upper-cased)
 * - show.windows_changed {showId, windows}   (same shape; after publish)
 * - show.closing {showId, purpose: 'delete' | 'unpublish'}   seat answers seat.emptied or seat.occupied {showId, purpose}
 * - show.cancelled {showId, reason} · show.paused {showId} · show.resumed {showId, pausedMs}
 */
export type ShowPublished = {
  showId: string
  concertId: string
  organiserId: string
  planVersion: number
  plan: Plan
  ticketsPerUserMax: number
  startsAt: number
  endsAt: number
  windows: (Window & { codeHashes: string[] })[]
}
export type ConcertServiceApi = Api<typeof concertServiceOperations>

export const concertRefusals = {
  concert_unknown: { status: 404, en: 'There is no such concert.', ko: '그런 공연이 없어요.', next: { en: 'Search the list of concerts.', ko: '공연 목록에서 찾아 주세요.' } },
  concert_has_buyers: { status: 409, en: 'Seats of this concert are held or sold.', ko: '이미 좌석을 맡거나 산 분이 있어요.', next: { en: 'Cancel the show instead; buyers are refunded.', ko: '대신 공연을 취소하면 모두 환불돼요.' } },
  show_not_draft: { status: 409, en: 'Plan, grades and prices are fixed once the show is published.', ko: '공개한 뒤에는 좌석과 가격을 바꿀 수 없어요.', next: { en: 'Unpublish first; that works while nobody holds a seat.', ko: '아무도 좌석을 맡지 않았을 때 공개를 취소해 주세요.' } },
  show_not_published: { status: 409, en: 'This show is not published.', ko: '공개되지 않은 회차예요.', next: { en: 'Publish it first.', ko: '먼저 공개해 주세요.' } },
  show_not_ready: { status: 409, en: 'The show needs a plan, prices for every grade and at least one sales window.', ko: '좌석 배치, 모든 등급의 가격, 판매 기간이 있어야 해요.', next: { en: 'Add what is missing.', ko: '빠진 것을 채워 주세요.' } },
  windows_overlap: { status: 409, en: 'Sales windows of one show may not overlap.', ko: '판매 기간이 서로 겹쳐요.', next: { en: 'Change the times.', ko: '시간을 바꿔 주세요.' } },
  show_times_invalid: { status: 409, en: 'The show must end after it starts and start in the future.', ko: '공연은 앞으로 시작하고, 시작한 뒤에 끝나야 해요.', next: { en: 'Change the times.', ko: '시간을 바꿔 주세요.' } },
  plan_invalid: { status: 409, en: 'The plan contradicts itself.', ko: '좌석 배치에 맞지 않는 곳이 있어요.', next: { en: 'Correct the place named in detail.', ko: 'detail에 적힌 곳을 고쳐 주세요.' } },
} as const satisfies RefusalCatalogue
