import assert from 'node:assert/strict'
import { batched } from '../platform/batch.ts'
import type { Database } from '../platform/database.ts'
import { type Answer, UnknownOutcome } from '../platform/outcome.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from './provider.ts'
import { type Charge, chargesOf, insertCharges } from './store-sandbox.ts'

export type Temper = { outcome: 'approved' | 'declined'; answersAfterMs: number; answerLost: boolean }

/** How the sandbox behaves, by the `source` of a request. Any other source is approved at once. */
export const tempers: Record<string, Temper> = {
  'sandbox:approve': { outcome: 'approved', answersAfterMs: 0, answerLost: false },
  'sandbox:decline': { outcome: 'declined', answersAfterMs: 0, answerLost: false },
  'sandbox:slow': { outcome: 'approved', answersAfterMs: 3_000, answerLost: false },
  'sandbox:lost': { outcome: 'approved', answersAfterMs: 0, answerLost: true },
  // told by a callback where there is an address for it; asked for like any other
  'sandbox:callback': { outcome: 'approved', answersAfterMs: 1_000, answerLost: false },
  'sandbox:late': { outcome: 'approved', answersAfterMs: 120_000, answerLost: false },
}
const approve: Temper = { outcome: 'approved', answersAfterMs: 0, answerLost: false }
const temperOf = (source: string | undefined) => tempers[source ?? 'sandbox:approve'] ?? approve

/**
 * An honest stand-in for a bank: it keeps its own books in its own commits, moves money once per ref, survives a
 * restart, and can be slow, late, or lose its answer. It moves only with `now()`.
 */
export function createSandbox({ db, now }: { db: Database; now: () => number }): Provider {
  const charge = batched((charges: Charge[]) => chargeMany(db, now(), charges))
  const find = batched((refs: string[]) => findMany(db, now(), refs), { sizeMax: 256 })
  const ask = (direction: 'in' | 'out') => (request: ProviderRequest) => charge(chargeFor(request, direction, now()))
  return { name: 'sandbox', pay: ask('in'), payOut: ask('out'), find }
}

function chargeFor(request: ProviderRequest, direction: 'in' | 'out', now: number): Charge {
  const { outcome, answersAfterMs } = temperOf(request.source)
  const source = request.source ?? 'sandbox:approve'
  return { ref: request.ref, direction, amount: request.amount, source, outcome, createdAt: now, answersAt: now + answersAfterMs }
}

async function chargeMany(db: Database, now: number, charges: Charge[]): Promise<Answer<ProviderAnswer>[]> {
  const wanted = new Map(charges.map((charge) => [charge.ref, charge]))
  await insertCharges(db, [...wanted.values()])
  const kept = await chargesOf(db, [...wanted.keys()])
  return charges.map((charge) => {
    const row = kept.get(charge.ref)
    assert(row, `the sandbox lost charge ${charge.ref}`)
    assert(row.amount === charge.amount && row.direction === charge.direction, `charge ${charge.ref} was asked for twice, differently`)
    if (temperOf(row.source).answerLost) return new UnknownOutcome('the sandbox lost its answer')
    return answerOf(row, now)
  })
}

async function findMany(db: Database, now: number, refs: string[]): Promise<(ProviderAnswer | 'unknown')[]> {
  const kept = await chargesOf(db, [...new Set(refs)])
  return refs.map((ref) => {
    const row = kept.get(ref)
    return row ? answerOf(row, now) : 'unknown'
  })
}

const answerOf = (charge: Charge, now: number): ProviderAnswer => (now < charge.answersAt ? 'pending' : charge.outcome)
