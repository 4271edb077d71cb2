import type { Static } from 'typebox'
import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import type { walletOperations } from './api.ts'
import type { Driver } from './errands.ts'
import { type Errand, type ErrandTable, errandsOf } from './store-errands.ts'

type Callback = Static<(typeof walletOperations)['callback']['input']>
type Effect = Static<(typeof walletOperations)['callback']['output']>
type Found = { errand: Errand; table: ErrandTable }

const none = (reason: Effect['reason']): Effect => ({ effect: 'none', reason })

/**
 * A provider's answer that comes by itself ends the errand as the answer to a question does. What names no errand of this
 * provider, another amount, or an errand that has ended changes nothing: the first final answer stays. Repeatable.
 */
export function createCallbacks(db: Database, drivers: Record<ErrandTable, Driver>): (callback: Callback) => Promise<Effect> {
  const find = batched((refs: string[]) => findErrands(db, refs), { sizeMax: 256 })
  return async ({ provider, ref, amount, outcome }) => {
    const found = await find(ref)
    if (!found || found.errand.provider !== provider) return none('unknown')
    const { errand, table } = found
    if (errand.amount !== amount) return none('different')
    const ended = errand.status === 'pending' ? await drivers[table].answered(errand, outcome) : errand
    if (ended.status !== (outcome === 'approved' ? 'done' : 'declined')) return none('different')
    return errand.status === 'pending' ? { effect: 'settled', reason: null } : none('known')
  }
}

async function findErrands(db: Database, refs: string[]): Promise<(Found | undefined)[]> {
  const distinct = [...new Set(refs)]
  const [topups, withdrawals] = await Promise.all([errandsOf(db, 'topups', distinct), errandsOf(db, 'withdrawals', distinct)])
  return refs.map((ref) => {
    const [topUp, withdrawal] = [topups.get(ref), withdrawals.get(ref)]
    if (topUp) return { errand: topUp, table: 'topups' as const }
    return withdrawal && { errand: withdrawal, table: 'withdrawals' as const }
  })
}
