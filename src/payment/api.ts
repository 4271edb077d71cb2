import Type, { type Static } from 'typebox'
import { type Api, Exact, Id, Instant, operation, PositiveWon, Text, Won } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const paymentLimits = {
  topUpWaitMs: 10 * 60_000,
  answerWaitMs: 8_000,
  /** deadlines act late by this much, never early */
  graceMs: 500,
  /** a driver that was not heard of for so long is followed by another */
  leaseMs: 10_000,
  retryMinMs: 250,
  retryMaxMs: 5_000,
  driveChunkMax: 200,
  refundChunkMax: 200,
  refundStatesMax: 200,
} as const

export const Payment = Exact({
  id: Id,
  reservationId: Id,
  status: Type.Union([Type.Literal('pending'), Type.Literal('completed'), Type.Literal('failed')]),
  /** null until the reservation is pinned */
  amount: Type.Union([Won, Type.Null()]),
  refunded: Won,
  topUp: Type.Union([Won, Type.Null()]),
  /** why it failed: a refusal code */
  refusal: Type.Union([Type.String(), Type.Null()]),
  refusalParams: Type.Record(Type.String(), Type.Unknown()),
  createdAt: Instant,
  /** while it waits for a bank: the buyer's one deadline */
  until: Type.Union([Instant, Type.Null()]),
})
export type Payment = Static<typeof Payment>

export const paymentOperations = {
  /** Starts (or finds) the payment and waits shortly for its end; the job drives on whatever is not terminal. */
  pay: operation({
    input: Exact({ paymentId: Id, userId: Id, reservationId: Id, topUp: Type.Optional(PositiveWon), source: Type.Optional(Text(64)) }),
    output: Payment,
    refusals: ['reservation_unknown', 'payment_in_progress', 'already_paid', 'payment_attempts_used', 'top_up_too_large'],
  }),
  get: operation({ input: Exact({ paymentId: Id, userId: Id }), output: Payment, refusals: ['payment_unknown'] }),
  list: operation({
    input: Exact({ userId: Id, before: Type.Optional(Exact({ createdAt: Instant, id: Id })), limit: Type.Integer({ minimum: 1, maximum: 101 }) }),
    output: Exact({ payments: Type.Array(Payment) }),
  }),
  /** A buyer's payments of one show, oldest first. */
  ofBuyer: operation({ input: Exact({ userId: Id, showId: Id }), output: Exact({ payments: Type.Array(Payment) }) }),
  /** How far the refunds of cancellations are; those nobody owes anything for are left out. */
  refundStates: operation({
    input: Exact({ cancellationIds: Type.Array(Id, { maxItems: paymentLimits.refundStatesMax }) }),
    output: Exact({ refunds: Type.Array(Exact({ cancellationId: Id, amount: Won, doneAt: Type.Union([Instant, Type.Null()]) })) }),
  }),
  story: operation({
    input: Exact({ userId: Id, showId: Id }),
    output: Exact({ steps: Type.Array(Exact({ at: Instant, what: Type.String(), detail: Type.Record(Type.String(), Type.Unknown()) })) }),
  }),
}
export type PaymentApi = Api<typeof paymentOperations>

/** Events (key = paymentId): payment.completed {paymentId, reservationId, userId, showId, amount}, payment.failed {…, refusal}, payment.refunded {cancellationId, paymentId, amount}. */

export const paymentRefusals = {
  payment_unknown: { status: 404, en: 'There is no such payment of yours.', ko: '결제 내역을 찾을 수 없어요.', next: { en: 'Look at your payments.', ko: '결제 목록을 확인해 주세요.' } },
  already_paid: { status: 409, en: 'This reservation is already paid.', ko: '이미 결제한 예매예요.', next: { en: 'Look at your reservations.', ko: '예매 목록을 확인해 주세요.' } },
} as const satisfies RefusalCatalogue
