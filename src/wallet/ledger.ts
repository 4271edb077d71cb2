import { LRUCache } from 'lru-cache'
import type { Database, Tx } from '../platform/database.ts'
import { type Account, accountKey, insertAccounts, lockAccounts } from './store-accounts.ts'

const knownAccountsMax = 50_000

/** What the rules of this service stand on. */
export type Ledger = {
  db: Database
  now: () => number
  /** Makes sure that accounts exist, in a commit of its own: a new row is no part of any lock order. */
  open: (accounts: Account[]) => Promise<void>
}

/** Accounts are never deleted, so what this process has seen needs no further statement. */
export function createLedger(db: Database, now: () => number): Ledger {
  const known = new LRUCache<string, true>({ max: knownAccountsMax })
  return {
    db,
    now,
    open: async (accounts) => {
      const fresh = new Map(accounts.map((account) => [accountKey(account), account]))
      for (const key of fresh.keys()) if (known.get(key)) fresh.delete(key)
      if (fresh.size === 0) return
      await insertAccounts(db, [...fresh.values()])
      for (const key of fresh.keys()) known.set(key, true)
    },
  }
}

/** One transaction over locked accounts: they are created if need be, locked in the one order, then `work` decides. */
export async function onLocked<T>(ledger: Ledger, accounts: Account[], work: (tx: Tx) => Promise<T>): Promise<T> {
  await ledger.open(accounts)
  return ledger.db.transaction(async (tx) => {
    // sent together with the first statement of `work`, which is a later one and sees what the locks waited for
    const [, result] = await Promise.all([lockAccounts(tx, accounts), work(tx)])
    return result
  })
}
