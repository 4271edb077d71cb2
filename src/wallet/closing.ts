import { requestHash } from '../platform/identity.ts'
import { errandLimits, failuresAmong } from './errands.ts'
import { type Ledger, onLocked } from './ledger.ts'
import type { Provider } from './provider.ts'
import { claimPayOuts, externalOf, walletOf, walletStates } from './store-accounts.ts'
import { insertWithdrawal } from './store-errands.ts'
import { postTransfers } from './store-ledger.ts'

const payOutsPerRunMax = 100

/**
 * Sends out what closed wallets hold: what was left, and what landed later. Each becomes a withdrawal that goes where
 * all of them go; what the provider declines is back in the closed wallet and is sent again a day later.
 */
export async function payOutClosed(ledger: Ledger, provider: Provider, newId: () => string): Promise<number> {
  const now = ledger.now()
  const due = await claimPayOuts(ledger.db, { now, until: now + errandLimits.claimMs, limit: payOutsPerRunMax })
  const ends = await Promise.allSettled(due.map((userId) => payOut(ledger, provider, userId, newId())))
  const failures = failuresAmong(ends)
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} closed wallets could not be paid out`)
  return due.length
}

/** Whoever comes second finds nothing left. */
function payOut(ledger: Ledger, provider: Provider, userId: string, ref: string): Promise<void> {
  const accounts = { debit: walletOf(userId), credit: externalOf(provider.name) }
  return onLocked(ledger, [accounts.debit, accounts.credit], async (tx) => {
    const now = ledger.now()
    const { balance: amount = 0, closed = false } = (await walletStates(tx, [userId])).get(userId) ?? {}
    if (!closed || amount === 0) return
    await insertWithdrawal(tx, { ref, userId, amount, source: null, hash: requestHash({ userId, amount }) }, provider.name, now, now)
    await postTransfers(tx, 'withdrawal', [{ ref, ...accounts, amount }], now)
  })
}
