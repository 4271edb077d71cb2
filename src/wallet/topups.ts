import { inRounds } from '../platform/batch.ts'
import { requestHash } from '../platform/identity.ts'
import { type Answer, Refusal, refuse } from '../platform/outcome.ts'
import { walletLimits } from './api.ts'
import { errandLimits } from './errands.ts'
import { type Ledger, onLocked } from './ledger.ts'
import type { Provider } from './provider.ts'
import { externalOf, type WalletState, walletOf, walletStates } from './store-accounts.ts'
import { type Errand, errandsOf, insertTopUps, insertWithdrawal, type NewErrand } from './store-errands.ts'
import { postTransfers } from './store-ledger.ts'

export type TopUpInput = { topUpId: string; userId: string; amount: number; source?: string }
export type WithdrawInput = { withdrawalId: string; userId: string; amount: number; source?: string }
/** `fresh`: this call made it and is its first driver. */
export type Begun = { errand: Errand; fresh: boolean }

/** Starts top-ups, or finds those that were started. Money moves only when the provider has answered. */
export async function beginTopUps(ledger: Ledger, provider: Provider, inputs: TopUpInput[]): Promise<Answer<Begun>[]> {
  const wanted = inputs.map(({ topUpId, ...rest }): NewErrand => ({
    ref: topUpId,
    userId: rest.userId,
    amount: rest.amount,
    source: rest.source ?? null,
    hash: requestHash(rest),
  }))
  const begun = await inRounds(wanted, { keys: (x) => [x.ref], identity: (x) => `${x.ref} ${x.hash}` }, (round) => beginRound(ledger, provider, round))
  const driven = new Set<string>() // of equal inputs in one batch only the first drives
  return begun.map((answer) => {
    if (answer instanceof Error || !answer.fresh) return answer
    const fresh = !driven.has(answer.errand.ref)
    driven.add(answer.errand.ref)
    return { errand: answer.errand, fresh }
  })
}

async function beginRound(ledger: Ledger, provider: Provider, wanted: NewErrand[]): Promise<Answer<Begun>[]> {
  const now = ledger.now()
  const small = wanted.filter((topUp) => topUp.amount <= walletLimits.topUpMax)
  await ledger.open(wanted.map((topUp) => walletOf(topUp.userId)))
  const inserted = await insertTopUps(ledger.db, small, provider.name, now, now + errandLimits.claimMs)
  const kept = await errandsOf(ledger.db, 'topups', wanted.map((topUp) => topUp.ref))
  const missing = wanted.filter((topUp) => !kept.has(topUp.ref)).map((topUp) => topUp.userId)
  const states = missing.length > 0 ? await walletStates(ledger.db, missing) : new Map<string, WalletState>()
  return wanted.map((topUp) => {
    const errand = kept.get(topUp.ref)
    if (errand) return same(errand, topUp) ? { errand, fresh: inserted.has(topUp.ref) } : new Refusal('idempotency_conflict')
    const { closed = false, balance = 0 } = states.get(topUp.userId) ?? {}
    if (closed) return new Refusal('account_closed')
    return new Refusal('top_up_too_large', { max: Math.max(0, Math.min(walletLimits.topUpMax, walletLimits.balanceMax - balance)) })
  })
}

const same = (errand: Errand, wanted: NewErrand) => errand.userId === wanted.userId && errand.hash === wanted.hash

/** Takes the money out of the wallet at once, if it covers it, or finds the withdrawal. The provider is asked after. */
export async function beginWithdrawal(ledger: Ledger, provider: Provider, input: WithdrawInput): Promise<Begun> {
  const { withdrawalId: ref, ...rest } = input
  const wanted: NewErrand = { ref, userId: rest.userId, amount: rest.amount, source: rest.source ?? null, hash: requestHash(rest) }
  const accounts = { debit: walletOf(wanted.userId), credit: externalOf(provider.name) }
  return onLocked(ledger, [accounts.debit, accounts.credit], async (tx) => {
    const now = ledger.now()
    const kept = (await errandsOf(tx, 'withdrawals', [ref])).get(ref)
    if (kept) return same(kept, wanted) ? { errand: kept, fresh: false } : refuse('idempotency_conflict')
    const state = (await walletStates(tx, [wanted.userId])).get(wanted.userId)
    if (!state || state.closed) return refuse('account_closed')
    if (state.balance < wanted.amount) return refuse('balance_insufficient', { missing: wanted.amount - state.balance })
    const errand = await insertWithdrawal(tx, wanted, provider.name, now, now + errandLimits.claimMs)
    await postTransfers(tx, 'withdrawal', [{ ref, ...accounts, amount: wanted.amount }], now)
    return { errand, fresh: true }
  })
}
