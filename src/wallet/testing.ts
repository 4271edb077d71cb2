import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Api, local } from '../platform/contract.ts'
import type { Database } from '../platform/database.ts'
import { type Refusal, isRefusal } from '../platform/outcome.ts'
import { openTestDatabase } from '../platform/testing.ts'
import { walletOperations } from './api.ts'
import { walletChecks } from './checks.ts'
import type { Provider } from './provider.ts'
import { createSandbox } from './sandbox.ts'
import { createWallet } from './service.ts'

export type TestClock = { ms: number }
export const startedAt = Date.UTC(2030, 0, 1, 20)

/** A wallet on a fresh database with a clock the test moves; called through the same door as by its neighbours. */
export async function openTestWallet(wrap: (sandbox: Provider) => Provider = (sandbox) => sandbox) {
  const db = await openTestDatabase(['wallet'])
  const clock: TestClock = { ms: startedAt }
  return { db, clock, ...startWallet(db, clock, wrap), start: () => startWallet(db, clock), close: () => db.close() }
}
export type TestWallet = Awaited<ReturnType<typeof openTestWallet>>

/** One more process over the same database. */
export function startWallet(db: Database, clock: TestClock, wrap: (sandbox: Provider) => Provider = (sandbox) => sandbox) {
  const now = () => clock.ms
  const provider = wrap(createSandbox({ db, now }))
  const service = createWallet({ db, now, newId: randomUUID, random: () => 0, provider })
  const api: Api<typeof walletOperations> = local('wallet', walletOperations, service.api)
  const runJobs = async () => {
    for (const job of service.jobs ?? []) await job.run()
  }
  return { api, service, provider, runJobs }
}

/** A new user with this much money. */
export async function userWith(api: Api<typeof walletOperations>, amount: number): Promise<string> {
  const userId = randomUUID()
  if (amount > 0) await api.topUp({ topUpId: randomUUID(), userId, amount })
  return userId
}

/** The refusal a call answers; a value or another error fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const answer = await call.then((value) => value, (error: unknown) => error)
  assert(isRefusal(answer), `not a refusal: ${JSON.stringify(answer) ?? answer}`)
  return answer
}

export async function balanceOf(db: Database, kind: string, owner: string): Promise<number> {
  const [row] = await db.rows<{ balance: number }>(sql`select balance from wallet.accounts where kind = ${kind} and owner = ${owner}`)
  return row?.balance ?? 0
}

export async function transferCount(db: Database, ref: string): Promise<number> {
  const rows = await db.rows(sql`select 1 from wallet.transfers where ref = ${ref}`)
  return rows.length
}

/** Every invariant of the ledger holds. */
export async function assertSound(db: Database, now = startedAt) {
  for (const check of walletChecks) assert.deepEqual(await db.rows(check.query(now)), [], check.name)
}
