import Type, { type Static } from 'typebox'
import { auditOperation } from '../platform/audit.ts'
import { type Api, Count, Exact, Id, Instant, operation, SeatId, Text, Won } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const reservationLimits = { paymentsMax: 5, holdsMax: 8, endChunkMax: 200, releaseChunkMax: 200, releaseRetryMs: 2_000, figuresPageMax: 500, reasonsMax: 20, soldPageMax: 1_000 } as const

export const Line = Exact({
  seatId: SeatId,
  section: Type.String(),
  row: Type.String(),
  number: Type.String(),
  grade: Type.String(),
  priceType: Type.String(),
  price: Won,
  fee: Won,
  status: Type.Union([Type.Literal('active'), Type.Literal('cancelled')]),
})
export type Line = Static<typeof Line>
export const Reservation = Exact({
  id: Id,
  /** 8 characters of Crockford base32, the last a check character, to be said on the phone */
  number: Type.String(),
  userId: Id,
  showId: Id,
  status: Type.Union([
    Type.Literal('pending'), Type.Literal('paying'), Type.Literal('confirmed'), Type.Literal('cancelled'), Type.Literal('expired'),
  ]),
  /** sum of price and fee of the active lines */
  total: Won,
  /** the one deadline, read from seat; null once paid or ended, or while a payment runs */
  expiresAt: Type.Union([Instant, Type.Null()]),
  endedReason: Type.Union([Type.String(), Type.Null()]),
  createdAt: Instant,
  /** how many more payments it takes */
  paymentsLeft: Count,
  lines: Type.Array(Line),
})
export type Reservation = Static<typeof Reservation>
/** A line that was paid, with the seat as it is called. */
const paidLine = { confirmedAt: Instant, seatId: SeatId, section: Type.String(), row: Type.String(), seat: Type.String(), grade: Type.String(), priceType: Type.String(), price: Won, fee: Won }
const moment = { seats: Count, won: Won, refundedSeats: Count, refundedWon: Won }
export const Moment = Exact({ at: Instant, ...moment })
export const Day = Exact({ day: Type.String({ description: 'YYYY-MM-DD in the time zone of the show' }), ...moment })
export const RefundKind = Type.Enum(['buyer', 'organiser', 'show_cancelled'])
const byPayment = { paymentId: Id, reservationId: Id, userId: Id }

export const reservationOperations = {
  /** Who did what, newest first. */
  audit: auditOperation,
  create: operation({
    input: Exact({
      /** absent without an Idempotency-Key: then UUIDv5 of the sorted hold ids */
      reservationId: Type.Optional(Id),
      userId: Id,
      holdIds: Type.Array(Id, { minItems: 1, maxItems: reservationLimits.holdsMax, uniqueItems: true }),
      /** seat id to price type name; seats not named take `default` */
      priceTypes: Type.Optional(Type.Array(Exact({ seatId: SeatId, priceType: Text(40) }), { maxItems: 64 })),
    }),
    output: Reservation,
    refusals: ['hold_unknown', 'hold_ended', 'payment_in_progress', 'holds_of_two_shows', 'show_closed', 'price_type_unknown', 'reservation_ended'],
  }),
  get: operation({ input: Exact({ reservationId: Id, userId: Id }), output: Reservation, refusals: ['reservation_unknown'] }),
  list: operation({
    input: Exact({ userId: Id, before: Type.Optional(Exact({ createdAt: Instant, id: Id })), limit: Type.Integer({ minimum: 1, maximum: 101 }) }),
    output: Exact({ reservations: Type.Array(Reservation) }),
  }),
  /** pending to paying by this payment; answers what is to be paid. */
  pin: operation({
    input: Exact(byPayment),
    output: Exact({ amount: Won, seatIds: Type.Array(SeatId), showId: Id }),
    refusals: ['reservation_unknown', 'reservation_ended', 'payment_in_progress', 'payment_attempts_used', 'payment_undone', 'already_paid', 'show_closed'],
  }),
  /** paying to pending, written even if pin never arrived. */
  unpin: operation({ input: Exact(byPayment), output: Exact({}) }),
  confirm: operation({ input: Exact({ ...byPayment, paidAmount: Won }), output: Exact({}) }),
  /** Ends the whole reservation, or single lines of a confirmed one; the refund is the sum of the lines this call ended. */
  cancel: operation({
    input: Exact({
      cancellationId: Id,
      reservationId: Id,
      userId: Id,
      seatIds: Type.Optional(Type.Array(SeatId, { minItems: 1, maxItems: 64, uniqueItems: true })),
      reason: Text(200),
    }),
    output: Exact({ cancellationId: Id, seatIds: Type.Array(SeatId), refund: Won, reservation: Reservation }),
    refusals: ['reservation_unknown', 'reservation_ended', 'payment_in_progress', 'line_unknown', 'line_cancelled', 'cancellation_closed', 'not_confirmed'],
  }),
  /** An organiser's refund of lines of a confirmed reservation of this show: no cutoff, kept in the audit. */
  refund: operation({
    input: Exact({
      cancellationId: Id,
      showId: Id,
      reservationId: Id,
      by: Id,
      seatIds: Type.Array(SeatId, { minItems: 1, maxItems: 64, uniqueItems: true }),
      reason: Text(200),
    }),
    output: Exact({ cancellationId: Id, seatIds: Type.Array(SeatId), refund: Won, reservation: Reservation }),
    refusals: ['reservation_unknown', 'reservation_ended', 'payment_in_progress', 'line_unknown', 'line_cancelled', 'not_confirmed'],
  }),
  /** Whose reservation of this show has this number. */
  holder: operation({ input: Exact({ showId: Id, number: Type.String({ maxLength: 8 }) }), output: Exact({ userId: Type.Union([Id, Type.Null()]) }) }),
  /** How many reservations of a show are live, by status. */
  sales: operation({ input: Exact({ showId: Id }), output: Exact({ pending: Count, paying: Count, confirmed: Count }) }),
  /**
   * What a show sold, as it is stored now: by grade and price type the seats reserved, sold and refunded; gross and fees of all
   * that was ever paid, and what of both was refunded. Then who bought, why seats came back, and when.
   */
  figures: operation({
    input: Exact({ showId: Id }),
    output: Exact({
      prices: Type.Array(Exact({ grade: Type.String(), priceType: Type.String(), reserved: Count, sold: Count, refunded: Count, gross: Won, fees: Won, refunds: Won })),
      /** users who own seats now, and reservations that were ever paid */
      buyers: Count, purchases: Count,
      reasons: Type.Array(Exact({ kind: RefundKind, reason: Type.Union([Type.String(), Type.Null()]), seats: Count, won: Won })),
      /** the first hours and days since the present sales window opened, and all days; only what is not empty */
      since: { ...Instant, description: 'the opening that minutes and hours begin with' }, minutes: Type.Array(Moment), hours: Type.Array(Moment), days: Type.Array(Day),
    }),
    refusals: ['show_unknown'],
  }),
  /** Cancellations of paid seats: newest first before one of them, or oldest first after one. */
  refunds: operation({
    input: Exact({ showId: Id, before: Type.Optional(Exact({ at: Instant, id: Id })), after: Type.Optional(Exact({ at: Instant, id: Id })), limit: Type.Integer({ minimum: 1, maximum: 101 }) }),
    output: Exact({ refunds: Type.Array(Exact({
      cancellationId: Id, at: Instant, reservationId: Id, number: Type.String(), refund: Won, kind: RefundKind, reason: Type.String(), by: Type.Union([Id, Type.Null()]), lines: Type.Array(Exact(paidLine)),
    })) }),
  }),
  /** Who owns the seats of a show now, in the order of the plan after a seat. */
  sold: operation({
    input: Exact({ showId: Id, afterSeat: Count, limit: Type.Integer({ minimum: 1, maximum: reservationLimits.soldPageMax }) }),
    output: Exact({ lines: Type.Array(Exact({ number: Type.String(), ...paidLine })) }),
  }),
  /** A buyer's reservations of one show, oldest first. */
  ofBuyer: operation({ input: Exact({ userId: Id, showId: Id }), output: Exact({ reservations: Type.Array(Reservation) }) }),
  story: operation({
    input: Exact({ userId: Id, showId: Id }),
    output: Exact({ steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })) }),
  }),
}
export type ReservationApi = Api<typeof reservationOperations>

/** Events (key = reservationId): reservation.confirmed {reservationId, userId, showId, seatIds, amount, paymentId},
 * reservation.cancelled {cancellationId, reservationId, userId, showId, seatIds, refund, paymentId|null}, reservation.expired {reservationId, userId, showId}. */

const again = { en: 'Choose seats again.', ko: '좌석을 다시 골라 주세요.' }
export const reservationRefusals = {
  reservation_unknown: { status: 404, en: 'There is no such reservation of yours.', ko: '예매 내역을 찾을 수 없어요.', next: { en: 'Look at your reservations.', ko: '예매 목록을 확인해 주세요.' } },
  reservation_ended: { status: 409, en: 'This reservation has ended.', ko: '이미 끝난 예매예요.', next: again },
  price_type_unknown: { status: 409, en: 'There is no such price type for this seat.', ko: '이 좌석에 없는 권종이에요.', next: { en: 'Use a price type of the show.', ko: '공연의 권종 중에서 골라 주세요.' } },
  payment_attempts_used: { status: 409, en: 'This reservation has used its five payments.', ko: '결제를 다섯 번 시도했어요.', next: again },
  line_unknown: { status: 404, en: 'That seat is not part of this reservation.', ko: '이 예매에 없는 좌석이에요.', next: { en: 'Name seats of this reservation.', ko: '이 예매의 좌석을 골라 주세요.' } },
  line_cancelled: { status: 409, en: 'That seat was already cancelled; it is refunded once.', ko: '이미 취소된 좌석이에요. 환불은 한 번만 돼요.', next: { en: 'Look at the reservation.', ko: '예매 내역을 확인해 주세요.' } },
  not_confirmed: { status: 409, en: 'Single seats can be cancelled once the reservation is paid.', ko: '좌석별 취소는 결제 뒤에 할 수 있어요.', next: { en: 'Swap seats, or cancel the whole reservation.', ko: '좌석을 바꾸거나 전체를 취소해 주세요.' } },
  cancellation_closed: { status: 409, en: 'The time for cancelling has passed.', ko: '취소할 수 있는 시간이 지났어요.', next: { en: 'Ask the organiser.', ko: '주최 측에 문의해 주세요.' } },
} as const satisfies RefusalCatalogue
