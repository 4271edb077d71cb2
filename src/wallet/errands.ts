import { batched } from '../platform/batch.ts'
import { emit } from '../platform/events.ts'
import { type Answer, UnknownOutcome } from '../platform/outcome.ts'
import type { Ledger } from './ledger.ts'
import type { Provider, ProviderAnswer, ProviderRequest } from './provider.ts'
import { distinctAccounts, externalOf, lockAccounts, walletOf } from './store-accounts.ts'
import { claimDue, deferErrand, type Errand, type ErrandStatus, type ErrandTable, errandsOf, settleErrands } from './store-errands.ts'
import { postTransfers, type TransferKind } from './store-ledger.ts'

/** While one driver waits for the provider nobody else asks; after a crash the next one asks then. */
export const errandLimits = { claimMs: 10_000, retryMs: 1_000, retryMaxMs: 30_000, perRunMax: 200 } as const

/** How one kind of errand goes: what it asks, when money comes back into the wallet, and the news of its end. */
type Kind = {
  table: ErrandTable
  ask: (provider: Provider, request: ProviderRequest) => Promise<ProviderAnswer>
  credited: ErrandStatus
  transfer: TransferKind
  events: { done: string; declined: string }
  idName: string
}

export const topUps: Kind = {
  table: 'topups',
  ask: (provider, request) => provider.pay(request),
  credited: 'done',
  transfer: 'top_up',
  events: { done: 'wallet.topped_up', declined: 'wallet.top_up_declined' },
  idName: 'topUpId',
}

export const withdrawals: Kind = {
  table: 'withdrawals',
  ask: (provider, request) => provider.payOut(request),
  credited: 'declined',
  transfer: 'withdrawal_returned',
  events: { done: 'wallet.withdrawn', declined: 'wallet.withdrawal_declined' },
  idName: 'withdrawalId',
}

/** Drives errands of one kind until the provider answers. */
export type Driver = {
  /** asks the provider once, outside any transaction; settles a final answer, else sets when to ask again */
  attempt: (errand: Errand) => Promise<Errand>
  /** attempts one that is due, if nobody else does; answers it as it stands */
  goOn: (errand: Errand) => Promise<Errand>
  /** claims what is due and attempts it; safe in several processes, bounded, repeatable */
  driveDue: () => Promise<void>
  /** settles what the provider told by itself; one that has ended stays as it is. Answers how it ended */
  answered: (errand: Errand, answer: 'approved' | 'declined') => Promise<Errand>
}

export function createDriver(ledger: Ledger, provider: Provider, random: () => number, kind: Kind): Driver {
  const settle = batched((settled: Settled[]) => settleMany(ledger, kind, settled))

  const answered = (errand: Errand, answer: 'approved' | 'declined') => settle({ errand, status: answer === 'approved' ? 'done' : 'declined' })

  async function attempt(errand: Errand): Promise<Errand> {
    const answer = await ask(provider, kind, errand)
    if (answer !== 'pending') return answered(errand, answer)
    await deferErrand(ledger.db, kind.table, errand.ref, errand.attempt, ledger.now() + waitMs(errand.attempt, random))
    return errand
  }

  const claim = (now: number, limit: number, ref?: string) =>
    claimDue(ledger.db, kind.table, { provider: provider.name, now, until: now + errandLimits.claimMs, limit, ...(ref && { ref }) })

  async function goOn(errand: Errand): Promise<Errand> {
    const now = ledger.now()
    const [due] = errand.status === 'pending' && errand.nextAt <= now ? await claim(now, 1, errand.ref) : []
    return due ? attempt(due) : errand
  }

  async function driveDue() {
    const due = await claim(ledger.now(), errandLimits.perRunMax)
    const ended = await Promise.allSettled(due.map(attempt))
    const failures = failuresAmong(ended)
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} ${kind.table} could not be driven`)
  }

  return { attempt, goOn, driveDue, answered }
}

export const failuresAmong = (ends: PromiseSettledResult<unknown>[]) =>
  ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))

/** Asked again, the provider is first asked what it knows; only a ref that never arrived is sent anew. */
async function ask(provider: Provider, kind: Kind, errand: Errand): Promise<ProviderAnswer> {
  const { ref, amount, source } = errand
  try {
    const found = errand.attempt === 1 ? 'unknown' : await provider.find(ref)
    if (found !== 'unknown') return found
    return await kind.ask(provider, source === null ? { ref, amount } : { ref, amount, source })
  } catch (error) {
    if (error instanceof UnknownOutcome) return 'pending'
    throw error
  }
}

/** 1 s, 2 s, 4 s … 30 s, with up to a fifth more so that a crowd of errands spreads out. */
function waitMs(attempt: number, random: () => number): number {
  const wait = Math.min(errandLimits.retryMs * 2 ** Math.min(attempt - 1, 10), errandLimits.retryMaxMs)
  return Math.round(wait * (1 + random() / 5))
}

type Settled = { errand: Errand; status: ErrandStatus }

/** Outcome, money and news commit together, once: only what was still pending moves anything. */
async function settleMany(ledger: Ledger, kind: Kind, settled: Settled[]): Promise<Answer<Errand>[]> {
  const now = ledger.now()
  const answers = new Map(settled.map(({ errand, status }) => [errand.ref, { ref: errand.ref, status }]))
  await ledger.open(settled.flatMap(({ errand }) => [walletOf(errand.userId), externalOf(errand.provider)]))
  const ended = await ledger.db.transaction(async (tx) => {
    const rows = await settleErrands(tx, kind.table, [...answers.values()], now)
    const credits = rows
      .filter((row) => row.status === kind.credited)
      .map((row) => ({ ref: row.ref, debit: externalOf(row.provider), credit: walletOf(row.userId), amount: row.amount }))
    if (credits.length > 0) {
      await lockAccounts(tx, distinctAccounts(credits.flatMap(({ debit, credit }) => [debit, credit])))
      await postTransfers(tx, kind.transfer, credits, now)
    }
    await emit(tx, 'wallet', rows.map((row) => eventOf(kind, row, now)))
    return new Map(rows.map((row) => [row.ref, row]))
  })
  const others = settled.filter(({ errand }) => !ended.has(errand.ref)).map(({ errand }) => errand.ref)
  const before = others.length > 0 ? await errandsOf(ledger.db, kind.table, others) : new Map<string, Errand>()
  return settled.map(({ errand }) => ended.get(errand.ref) ?? before.get(errand.ref) ?? errand)
}

function eventOf(kind: Kind, row: Errand, now: number) {
  const name = row.status === 'done' ? kind.events.done : kind.events.declined
  const data = { [kind.idName]: row.ref, userId: row.userId, amount: row.amount }
  return { name, key: row.ref, version: row.version, occurredAt: now, data }
}
