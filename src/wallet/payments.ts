import { inRounds } from '../platform/batch.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal } from '../platform/outcome.ts'
import { type Ledger, onLocked } from './ledger.ts'
import { salesOf, walletOf } from './store-accounts.ts'
import { type Debit, type Decision, decidePayments, decideVoids, postTransfers, transfersOf } from './store-ledger.ts'

export type DebitInput = { paymentId: string; userId: string; showId: string; amount: number }
export type VoidInput = { paymentId: string; userId: string }
export type RefundInput = { cancellationId: string; userId: string; showId: string; amount: number }

const conflict = () => new Refusal('idempotency_conflict')

/** Wallets to sales accounts. The first answer of a ref is final, whatever the balance is later. */
export async function debitMany(ledger: Ledger, inputs: DebitInput[]): Promise<Answer<{ balance: number }>[]> {
  const debits = inputs.map((input): Debit => ({ ...input, hash: requestHash(input) }))
  return inRounds(debits, { keys: (x) => [x.paymentId, x.userId], identity: (x) => `${x.paymentId} ${x.hash}` }, (round) => debitRound(ledger, round))
}

async function debitRound(ledger: Ledger, debits: Debit[]): Promise<Answer<{ balance: number }>[]> {
  const accounts = debits.flatMap((debit) => [walletOf(debit.userId), salesOf(debit.showId)])
  const decisions = await onLocked(ledger, accounts, (tx) => decidePayments(tx, debits, ledger.now()))
  return debits.map((debit) => answerOf(debit, decisions.get(debit.paymentId)))
}

function answerOf(debit: Debit, decision: Decision | undefined): Answer<{ balance: number }> {
  if (!decision || decision.userId !== debit.userId) return conflict()
  if (decision.outcome === 'void') return new Refusal('payment_voided')
  if (decision.hash !== debit.hash) return conflict()
  const { balance = 0, missing = 0 } = decision.params
  return decision.outcome === 'done' ? { balance } : new Refusal('balance_insufficient', { missing })
}

/** Writes the decision `void`, or finds `done`. An earlier refusal moved no money and stays what it is: voided. */
export async function voidMany(ledger: Ledger, inputs: VoidInput[]): Promise<Answer<{ outcome: 'voided' | 'done' }>[]> {
  return inRounds(inputs, { keys: (x) => [x.paymentId], identity: (x) => `${x.paymentId} ${x.userId}` }, async (round) => {
    const wallets = round.map((input) => walletOf(input.userId))
    const decisions = await onLocked(ledger, wallets, (tx) => decideVoids(tx, round, ledger.now()))
    return round.map((input) => {
      const decision = decisions.get(input.paymentId)
      if (decision?.userId !== input.userId) return conflict()
      return { outcome: decision.outcome === 'done' ? 'done' : 'voided' }
    })
  })
}

/** Sales accounts back to wallets, once per cancellation; lands in closed wallets too. */
export async function refundMany(ledger: Ledger, inputs: RefundInput[]): Promise<Answer<Record<string, never>>[]> {
  return inRounds(inputs, { keys: (x) => [x.cancellationId], identity: requestHash }, (round) => refundRound(ledger, round))
}

async function refundRound(ledger: Ledger, refunds: RefundInput[]): Promise<Answer<Record<string, never>>[]> {
  const accounts = refunds.flatMap((refund) => [walletOf(refund.userId), salesOf(refund.showId)])
  const before = await onLocked(ledger, accounts, async (tx) => {
    const posted = await transfersOf(tx, 'refund', refunds.map((refund) => refund.cancellationId))
    const fresh = refunds.filter((refund) => !posted.has(refund.cancellationId))
    const transfers = fresh.map((refund) => ({
      ref: refund.cancellationId,
      debit: salesOf(refund.showId),
      credit: walletOf(refund.userId),
      amount: refund.amount,
    }))
    if (transfers.length > 0) await postTransfers(tx, 'refund', transfers, ledger.now())
    return posted
  })
  return refunds.map((refund) => {
    const posted = before.get(refund.cancellationId)
    if (!posted) return {}
    const same = posted.creditOwner === refund.userId && posted.debitOwner === refund.showId && posted.amount === refund.amount
    return same ? {} : conflict()
  })
}
