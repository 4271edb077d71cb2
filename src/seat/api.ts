import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { SectionShape } from '../concert/api.ts'
import { type Api, Count, Exact, Id, Instant, operation, SeatId, Text } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const seatLimits = {
  seatsPerHoldMax: 8,
  /** seats of one show a user may hold and own together, unless the show says otherwise */
  ticketsPerUserDefault: 4,
  holdMs: 5 * 60_000,
  extensionMs: 2 * 60_000,
  extensionsMax: 10,
  holdTotalMs: 25 * 60_000,
  /** deadlines act late by this much, never early */
  graceMs: 500,
  /** a payment that ends without money leaves at least this long */
  afterPaymentMs: 120_000,
  alternativesMax: 3,
  blockSeatsMax: 1_000,
} as const

/** What the seat service needs to know of a pass; the queue signs it (token kind `pass`), seat verifies it itself. */
export type PassClaims = {
  userId: string
  sessionId: string
  showId: string
  windowId: string
  /** grows by one with each renewal; the quota row's `pass_floor` ends older ones */
  passNo: number
  /** names of the sections this window sells, or null for all */
  sections: string[] | null
  exp: number
}

/** Each once: told by the rules of a hold, for a schema hashes every element to find that out. */
const SeatIds = Type.Array(SeatId, { minItems: 1, maxItems: seatLimits.seatsPerHoldMax })
export const HeldSeat = Exact({
  seatId: SeatId,
  section: Type.String(),
  row: Type.String(),
  number: Type.String(),
  grade: Type.String(),
  kind: Type.Union([Type.Literal('seated'), Type.Literal('standing')]),
})
export const Hold = Exact({
  id: Id,
  showId: Id,
  seatIds: Type.Array(SeatId),
  seats: Type.Array(HeldSeat),
  until: Instant,
  extensionsLeft: Count,
  reservationId: Type.Union([Id, Type.Null()]),
  /** true when a lost race was answered with the nearest equal seats */
  fellBack: Type.Boolean(),
})
export type Hold = Static<typeof Hold>
/** A seat of the map; attributes: accessible, companion, restrictedView, aisle. */
export const MapSeat = Exact({ ...HeldSeat.properties, attributes: Type.Array(Type.String()) })
/** How a section stands in the hall; one without a shape is placed by who draws it. */
export const MapShape = Exact({ section: Type.String(), ...SectionShape.properties })
export type MapShape = Static<typeof MapShape>
const Done = Exact({})
const gate = { userId: Id, sessionId: Id, showId: Id, pass: Type.Optional(Type.String({ maxLength: 2_000 })) }
const passRefusals = ['pass_required', 'pass_invalid', 'pass_expired', 'pass_ended', 'section_not_in_window'] as const
const showRefusals = ['show_unknown', 'show_preparing', 'show_closed'] as const

export const Availability = Exact({
  state: Type.Union([Type.Literal('open'), Type.Literal('all_held'), Type.Literal('sold_out'), Type.Literal('closed')]),
  /** only with `all_held`: the earliest end of an ordinary, unpinned hold */
  earliestUntil: Type.Optional(Instant),
  /** only with `closed`: the next opening of a sales window */
  opensAt: Type.Optional(Instant),
})

/** What one version changed, told to whoever watches: public codes by seat (0 free, 1 held, 2 sold, 3 blocked). */
export type SeatDelta = { version: number; changes: [seatId: number, code: number][] }
export const seatChannel = (showId: string) => `seats:{${showId}}`

/** `capacity` is all of them. */
export const Tally = Exact({ grade: Type.String(), capacity: Count, available: Count, held: Count, returned: Count, sold: Count, blocked: Count })
export type Tally = Static<typeof Tally>

export const seatOperations = {
  /** All wanted seats or none. The same holdId gives the same hold; holding exactly what one holds gives that hold. */
  hold: operation({
    input: Exact({
      ...gate,
      holdId: Id,
      seatIds: SeatIds,
      replaces: Type.Optional(Id),
      fallback: Type.Optional(Type.Union([Type.Literal('none'), Type.Literal('nearest')])),
      together: Type.Optional(Type.Boolean()),
    }),
    output: Hold,
    refusals: ['seat_taken', 'seat_unknown', 'quota_exceeded', 'hold_exists', 'hold_unknown', 'hold_ended', 'payment_in_progress', ...passRefusals, ...showRefusals],
  }),
  best: operation({
    input: Exact({
      ...gate,
      holdId: Id,
      quantity: Type.Integer({ minimum: 1, maximum: seatLimits.seatsPerHoldMax }),
      grade: Type.Optional(Text(40)),
      section: Type.Optional(Text(40)),
      together: Type.Optional(Type.Boolean()),
    }),
    output: Hold,
    refusals: ['seat_taken', 'seat_unknown', 'quota_exceeded', 'hold_ended', 'hold_exists', 'not_enough_seats', 'payment_in_progress', ...passRefusals, ...showRefusals],
  }),
  extend: operation({
    input: Exact({ userId: Id, holdId: Id, extensionId: Type.Optional(Id) }),
    output: Hold,
    refusals: ['hold_unknown', 'hold_ended', 'payment_in_progress', 'extension_limit', 'show_closed'],
  }),
  release: operation({
    input: Exact({ userId: Id, holdId: Id }),
    output: Done,
    refusals: ['hold_unknown', 'payment_in_progress'],
  }),
  /** Looks at one's own hold, live or ended. */
  holdOf: operation({ input: Exact({ userId: Id, holdId: Id }), output: Hold, refusals: ['hold_unknown', 'hold_ended'] }),
  /** Live holds of a user, of one show or of all. */
  holdsOf: operation({
    input: Exact({ userId: Id, showId: Type.Optional(Id) }),
    output: Exact({ holds: Type.Array(Hold) }),
  }),
  /** Binds holds under one reservation with one deadline, the latest; answers the id they are bound to (the first wins). */
  reserve: operation({
    input: Exact({ reservationId: Id, userId: Id, holdIds: Type.Array(Id, { minItems: 1, maxItems: 8, uniqueItems: true }) }),
    output: Exact({ reservationId: Id, showId: Id, planVersion: Count, seats: Type.Array(HeldSeat), until: Instant }),
    refusals: ['hold_unknown', 'hold_ended', 'payment_in_progress', 'holds_of_two_shows', 'show_closed'],
  }),
  /** The one deadline of a reservation that is not paid; null when its holds ended. */
  deadlines: operation({
    input: Exact({ reservationIds: Type.Array(Id, { maxItems: 200 }) }),
    output: Exact({ deadlines: Type.Array(Exact({ reservationId: Id, until: Instant, pinned: Type.Boolean() })) }),
  }),
  /** First answer of a paymentId is final (seat.pins). Pinned seats have no clock. */
  pin: operation({
    input: Exact({ paymentId: Id, reservationId: Id, userId: Id }),
    output: Exact({ seatIds: Type.Array(SeatId), showId: Id, until: Instant }),
    refusals: ['hold_expired', 'payment_in_progress', 'show_closed', 'payment_undone'],
  }),
  /** Undo of pin, written even if pin never arrived; answers sold when the payment went through after all. */
  unpin: operation({
    input: Exact({ paymentId: Id, reservationId: Id, userId: Id }),
    output: Exact({ outcome: Type.Union([Type.Literal('unpinned'), Type.Literal('sold')]) }),
  }),
  sell: operation({ input: Exact({ paymentId: Id, reservationId: Id, userId: Id }), output: Exact({ seatIds: Type.Array(SeatId) }), refusals: [] }),
  /** Organiser: available to blocked and back. */
  block: operation({
    input: Exact({ showId: Id, seatIds: Type.Array(SeatId, { minItems: 1, maxItems: seatLimits.blockSeatsMax, uniqueItems: true }), reason: Text(200), by: Id }),
    output: Exact({ blocked: Count }),
    refusals: ['seat_taken', 'seat_unknown', ...showRefusals],
  }),
  unblock: operation({
    input: Exact({ showId: Id, seatIds: Type.Array(SeatId, { minItems: 1, maxItems: seatLimits.blockSeatsMax, uniqueItems: true }), by: Id }),
    output: Exact({ unblocked: Count }),
    refusals: ['seat_unknown', ...showRefusals],
  }),
  /** What is not on sale, and why. */
  blocks: operation({
    input: Exact({ showId: Id }),
    output: Exact({ blocks: Type.Array(Exact({ seatId: SeatId, reason: Type.String() })) }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /** Every seat of a show by grade and state, held ones with those that are being paid. */
  tally: operation({
    input: Exact({ showId: Id }),
    output: Exact({ grades: Type.Array(Tally) }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /** Raises the pass floor above passNo; with unlessUsed only if nothing is held or owned. Repeatable. */
  endPass: operation({
    input: Exact({ showId: Id, userId: Id, passNo: Count, unlessUsed: Type.Optional(Type.Boolean()) }),
    output: Exact({ used: Type.Boolean() }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /** How much of the quota a user has taken: `seats` held and owned, `sold` of them owned. */
  quota: operation({
    input: Exact({ showId: Id, userId: Id }),
    output: Exact({ seats: Count, sold: Count, seatsMax: Count }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /**
   * Plan (static) and snapshot: `states` is base64 of 2 bits a seat in seat order, the first seat in the lowest bits of
   * the first byte: 0 free, 1 held, 2 sold, 3 blocked. Who names the plan version it has is spared seats and shapes.
   */
  map: operation({
    input: Exact({ showId: Id, planVersion: Type.Optional(Count) }),
    output: Exact({ showId: Id, version: Count, planVersion: Count, states: Type.String(), seats: Type.Array(MapSeat), shapes: Type.Array(MapShape) }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /** How far the map of a show has come. */
  version: operation({
    input: Exact({ showId: Id }),
    output: Exact({ version: Count, planVersion: Count }),
    refusals: ['show_unknown', 'show_preparing'],
  }),
  /** `total` and `available` count the seats that are not blocked; shows without seats here are left out. */
  stock: operation({
    input: Exact({ showIds: Type.Array(Id, { maxItems: 200 }) }),
    output: Exact({
      stocks: Type.Array(Exact({ showId: Id, availability: Availability, left: Type.Array(Exact({ grade: Type.String(), total: Count, available: Count })) })),
    }),
  }),
  /** Holds of a show whose clock runs: neither pinned nor ended. What a pause would stop. */
  clocks: operation({ input: Exact({ showId: Id }), output: Exact({ holds: Count }) }),
  audit: auditOperation,
  /** What happened to this user's seats of a show, for the story. */
  story: operation({
    input: Exact({ userId: Id, showId: Id }),
    output: Exact({ steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })) }),
  }),
}
export type SeatApi = Api<typeof seatOperations>

/** How hard a show's buyers press on the processes of this service, for `seat.stock`; null where too little happened to say. */
export type Pressure = {
  /** 95th percentile of what granted holds took, over the last seconds */
  holdP95Ms: number | null
  /** holds refused `overloaded` in the same time */
  holdsShed: number
  /** the same of payments, from pin to sell; those still running count with their age */
  payP95Ms: number | null
  /** how late this process's event loop is */
  lagMs: number
  seatsPerHold: number | null
}
/** What `seat.stock` tells of a show; `taken` counts the seats held, pinned and returned. */
export type StockTold = Static<(typeof seatOperations)['stock']['output']>['stocks'][number] & { taken: number; pressure: Pressure }

/** Events. Key = reservationId, version 1 (its holds end once): seat.hold_ended {reservationId, userId, showId, reason}. Key = showId, version = shows.event_version: seat.stock {showId, availability, left[], taken, pressure} (at least once a second while the show is busy; pressure: see pressure.ts), seat.emptied {showId, purpose}, seat.occupied {showId, purpose}, seat.returned {showId, seatIds}. */

const look = { en: 'Choose other seats; alternatives are in this answer.', ko: '다른 좌석을 골라 주세요. 비슷한 좌석을 함께 알려 드려요.' }
const wait = { en: 'Wait for the payment to end, then try again.', ko: '결제가 끝난 뒤 다시 시도해 주세요.' }
const join = { en: 'Join the line of this show and come in on your turn.', ko: '줄을 서고 차례가 되면 들어와 주세요.' }
const renew = { en: 'Renew the pass with POST /api/shows/:id/queue/pass.', ko: 'POST /api/shows/:id/queue/pass로 입장권을 새로 받아 주세요.' }
export const seatRefusals = {
  seat_taken: { status: 409, en: 'A seat you want is already held or sold.', ko: '고르신 좌석을 다른 분이 먼저 선택했어요.', next: look },
  seat_unknown: { status: 404, en: 'There is no such seat in this show.', ko: '이 회차에 없는 좌석이에요.', next: { en: 'Read the seat map again.', ko: '좌석표를 다시 불러 주세요.' } },
  not_enough_seats: { status: 409, en: 'There are not that many seats together right now.', ko: '지금은 그만큼의 좌석이 없어요.', next: { en: 'Ask for fewer seats or another grade.', ko: '매수를 줄이거나 다른 등급을 골라 주세요.' } },
  quota_exceeded: { status: 409, en: 'That is more than one person may hold and own for this show.', ko: '한 사람이 살 수 있는 매수를 넘었어요.', next: { en: 'Release a hold or choose fewer seats.', ko: '맡은 좌석을 놓거나 매수를 줄여 주세요.' } },
  hold_exists: { status: 409, en: 'You already hold one of these seats.', ko: '이미 맡아 두신 좌석이 있어요.', next: { en: 'Send replaces with that hold, or go on with it.', ko: 'replaces로 바꾸거나 그 좌석으로 계속 진행해 주세요.' } },
  hold_unknown: { status: 404, en: 'There is no such hold of yours.', ko: '맡아 두신 좌석을 찾을 수 없어요.', next: { en: 'Choose seats again.', ko: '좌석을 다시 골라 주세요.' } },
  hold_ended: { status: 409, en: 'This hold has ended. You paid nothing for it.', ko: '맡아 둔 시간이 끝났어요. 결제된 금액은 없어요.', next: { en: 'Choose seats again with a new key.', ko: '새 키로 좌석을 다시 골라 주세요.' } },
  hold_expired: { status: 409, en: 'Time ran out before the payment; no money moved.', ko: '결제 전에 시간이 끝났어요. 결제된 금액은 없어요.', next: { en: 'Choose seats again.', ko: '좌석을 다시 골라 주세요.' } },
  holds_of_two_shows: { status: 409, en: 'These holds belong to different shows.', ko: '서로 다른 회차의 좌석이에요.', next: { en: 'Reserve each show by itself.', ko: '회차별로 따로 예매해 주세요.' } },
  extension_limit: { status: 409, en: 'This hold cannot be extended any more.', ko: '더 늘릴 수 없어요.', next: { en: 'Pay now, or choose seats again.', ko: '지금 결제하거나 좌석을 다시 골라 주세요.' } },
  payment_in_progress: { status: 409, en: 'A payment is running on these seats.', ko: '이 좌석의 결제가 진행 중이에요.', next: wait },
  payment_undone: { status: 409, en: 'This payment was undone before it began.', ko: '이 결제는 시작되기 전에 취소됐어요.', next: { en: 'Pay again with a new key.', ko: '새 키로 다시 결제해 주세요.' } },
  pass_required: { status: 403, en: 'This show is entered through its line.', ko: '이 공연은 줄을 서서 들어가요.', next: join },
  pass_invalid: { status: 403, en: 'This pass is not yours or not for this show.', ko: '이 회차에서 쓸 수 없는 입장권이에요.', next: join },
  pass_expired: { status: 403, en: 'This pass has expired.', ko: '입장권의 시간이 끝났어요.', next: renew },
  pass_ended: { status: 403, en: 'This pass was replaced or ended.', ko: '입장권이 교체됐거나 끝났어요.', next: renew },
  section_not_in_window: { status: 403, en: 'This sales window does not sell that section.', ko: '이번 판매에서는 살 수 없는 구역이에요.', next: { en: 'Choose a seat of an open section.', ko: '열려 있는 구역의 좌석을 골라 주세요.' } },
  show_unknown: { status: 404, en: 'There is no such show.', ko: '그런 회차가 없어요.', next: { en: 'Look the show up again.', ko: '회차를 다시 찾아 주세요.' } },
  show_preparing: { status: 503, en: 'The seats of this show are being prepared.', ko: '좌석을 준비하고 있어요.', next: { en: 'Try again in a second.', ko: '잠시 뒤 다시 시도해 주세요.' } },
  show_closed: { status: 409, en: 'This show does not sell now.', ko: '지금은 판매하지 않는 회차예요.', next: { en: 'Look for another date.', ko: '다른 회차를 찾아 주세요.' } },
} as const satisfies RefusalCatalogue
