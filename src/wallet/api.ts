import Type, { type Static } from 'typebox'
import { type Api, Exact, Id, Instant, operation, PositiveWon, Text, Won } from '../platform/contract.ts'
import type { RefusalCatalogue } from '../platform/errors.ts'

export const walletLimits = { topUpMax: 10_000_000, balanceMax: 1_000_000_000_000 } as const

export const TopUp = Exact({
  id: Id,
  amount: Won,
  status: Type.Union([Type.Literal('pending'), Type.Literal('done'), Type.Literal('declined')]),
  createdAt: Instant,
})
export const Withdrawal = TopUp
export const Entry = Exact({
  id: Type.Integer(),
  /** signed: money in is positive */
  amount: Type.Integer(),
  balance: Type.Integer({ description: 'balance after this entry' }),
  kind: Type.Enum(['payment', 'refund', 'top_up', 'withdrawal', 'withdrawal_returned', 'credit']),
  ref: Id,
  at: Instant,
})
export type TopUp = Static<typeof TopUp>
export type Entry = Static<typeof Entry>
/** what all seats of a reservation may come to: as much as a sum may be anywhere */
const ref = { userId: Id, showId: Id, amount: Type.Integer({ minimum: 1, maximum: walletLimits.balanceMax }) }

export const walletOperations = {
  /** Wallet to the show's sales account. The first answer of a paymentId is final, also `balance_insufficient {missing}` and a void. */
  debit: operation({ input: Exact({ paymentId: Id, ...ref }), output: Exact({ balance: Won }), refusals: ['balance_insufficient', 'payment_voided'] }),
  /** Writes the decision `void`, or finds `done` (or an earlier refusal, which counts as voided). */
  void: operation({ input: Exact({ paymentId: Id, userId: Id }), output: Exact({ outcome: Type.Union([Type.Literal('voided'), Type.Literal('done')]) }) }),
  /** Sales account of the show back to the wallet; lands even if the account was closed, and is paid out from there. */
  refund: operation({ input: Exact({ cancellationId: Id, ...ref }), output: Exact({}) }),
  /** Starts (or finds) a top-up and waits shortly for the provider; the wallet's own job drives it until it answers. */
  topUp: operation({
    input: Exact({ topUpId: Id, userId: Id, amount: PositiveWon, source: Type.Optional(Text(64)) }),
    output: TopUp,
    refusals: ['top_up_too_large', 'account_closed'],
  }),
  topUpOf: operation({ input: Exact({ topUpId: Id, userId: Id }), output: TopUp, refusals: ['top_up_not_found'] }),
  /** The newest top-ups that still wait for the provider, at most 20. */
  pendingTopUps: operation({ input: Exact({ userId: Id }), output: Exact({ topUps: Type.Array(TopUp) }) }),
  /** Takes the money at once, then asks the provider like a top-up; what the provider declines comes back. */
  withdraw: operation({
    input: Exact({ withdrawalId: Id, userId: Id, amount: PositiveWon, source: Type.Optional(Text(64)) }),
    output: Withdrawal,
    refusals: ['balance_insufficient', 'account_closed'],
  }),
  withdrawalOf: operation({ input: Exact({ withdrawalId: Id, userId: Id }), output: Withdrawal, refusals: ['withdrawal_unknown'] }),
  /** Creates the account on first use. */
  /** A provider's answer that came by itself. `none`: the errand is unknown, known to have ended so, or known differently. */
  callback: operation({
    input: Exact({ provider: Text(40), ref: Id, amount: PositiveWon, outcome: Type.Enum(['approved', 'declined']) }),
    output: Exact({ effect: Type.Enum(['settled', 'none']), reason: Type.Union([Type.Enum(['unknown', 'known', 'different']), Type.Null()]) }),
  }),
  balance: operation({ input: Exact({ userId: Id }), output: Exact({ balance: Won, currency: Type.Literal('KRW') }) }),
  /** What the sales account of a show holds: everything paid for it less everything refunded so far. */
  salesBalance: operation({ input: Exact({ showId: Id }), output: Exact({ balance: Type.Integer() }) }),
  entries: operation({
    input: Exact({ userId: Id, before: Type.Optional(Type.Integer({ minimum: 1 })), limit: Type.Integer({ minimum: 1, maximum: 101 }) }),
    output: Exact({ entries: Type.Array(Entry) }),
  }),
}
export type WalletApi = Api<typeof walletOperations>

/**
 * Events. Key = topUpId: wallet.topped_up, wallet.top_up_declined {topUpId, userId, amount}. Key = withdrawalId:
 * wallet.withdrawn, wallet.withdrawal_declined {withdrawalId, userId, amount} (declined: the money is back).
 */

const provider = { en: 'Send it signed with the shared secret, with the present time.', ko: '공유한 비밀 키로 지금 시각과 함께 서명해 보내 주세요.' }
export const walletRefusals = {
  callback_signature_invalid: { status: 401, en: 'This callback is not signed by its provider.', ko: '결제사의 서명이 맞지 않아요.', next: provider },
  callback_late: { status: 401, en: 'This callback was signed more than five minutes ago or ahead.', ko: '서명한 시각이 5분 넘게 차이 나요.', next: provider },
  balance_insufficient: { status: 402, en: 'The wallet does not cover this.', ko: '지갑 잔액이 부족해요.', next: { en: 'Add the missing sum and pay with a new key.', ko: '모자란 금액을 더한 뒤 새 키로 결제해 주세요.' } },
  payment_voided: { status: 409, en: 'This payment was stopped before money moved.', ko: '돈이 움직이기 전에 멈춘 결제예요.', next: { en: 'Pay again with a new key.', ko: '새 키로 다시 결제해 주세요.' } },
  top_up_too_large: { status: 409, en: 'One top-up may be at most ₩10,000,000.', ko: '한 번에 1,000만 원까지 충전할 수 있어요.', next: { en: 'Top up a smaller sum.', ko: '더 적은 금액을 충전해 주세요.' } },
  top_up_declined: { status: 402, en: 'The bank declined the top-up. Your seats and their time are unchanged.', ko: '은행이 충전을 거절했어요. 좌석과 남은 시간은 그대로예요.', next: { en: 'Use another source or a smaller sum.', ko: '다른 수단이나 더 적은 금액으로 해 주세요.' } },
  top_up_unknown: { status: 409, en: 'The bank has not answered in time. Money that arrives later is in your wallet.', ko: '은행이 제때 답하지 않았어요. 나중에 들어온 돈은 지갑에 있어요.', next: { en: 'Look at the wallet, then pay with a new key.', ko: '지갑을 확인한 뒤 새 키로 결제해 주세요.' } },
  top_up_not_found: { status: 404, en: 'There is no such top-up of yours.', ko: '충전 내역을 찾을 수 없어요.', next: { en: 'Look at the wallet.', ko: '지갑을 확인해 주세요.' } },
  withdrawal_unknown: { status: 404, en: 'There is no such withdrawal of yours.', ko: '출금 내역을 찾을 수 없어요.', next: { en: 'Look at the wallet.', ko: '지갑을 확인해 주세요.' } },
  withdrawal_declined: { status: 402, en: 'The bank declined the withdrawal. The money is back in your wallet.', ko: '은행이 출금을 거절했어요. 돈은 지갑으로 돌아왔어요.', next: { en: 'Use another account or try later with a new key.', ko: '다른 계좌를 쓰거나 나중에 새 키로 다시 해 주세요.' } },
  account_closed: { status: 409, en: 'This account was closed.', ko: '닫힌 계정이에요.', next: { en: 'Sign up again.', ko: '다시 가입해 주세요.' } },
} as const satisfies RefusalCatalogue
