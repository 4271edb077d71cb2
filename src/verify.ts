import type { Check, CrossCheck } from './platform/check.ts'
import type { Database } from './platform/database.ts'
import { crossChecks } from './verify-cross.ts'
import { concertChecks } from './concert/checks.ts'
import { paymentChecks } from './payment/checks.ts'
import { queueChecks } from './queue/checks.ts'
import { queueDrawChecks } from './queue/draw-checks.ts'
import { reservationChecks } from './reservation/checks.ts'
import { seatChecks } from './seat/checks.ts'
import { userChecks } from './user/checks.ts'
import { walletChecks } from './wallet/checks.ts'

export type Violation = { id: string; name: string; rows: unknown[] }
export type VerifyReport = { checks: number; violations: Violation[]; errors: { name: string; error: string }[] }

/** Every invariant `npm run verify` knows: each service's own and those that compare two of them. */
export const allChecks: (Check | CrossCheck)[] = [
  ...userChecks, ...concertChecks, ...walletChecks, ...seatChecks, ...queueChecks, ...queueDrawChecks, ...reservationChecks, ...paymentChecks, ...crossChecks,
]

/**
 * Runs all checks on stored data, one statement at a time. On a live server some rows move between two statements, so a
 * check that finds something is repeated; only what stands still three times is a violation.
 */
export async function verify(db: Database, now: () => number, pause: () => Promise<void>): Promise<VerifyReport> {
  const report: VerifyReport = { checks: allChecks.length, violations: [], errors: [] }
  for (const check of allChecks) {
    try {
      const rows = await standing(db, check, now, pause)
      if (rows.length > 0) report.violations.push({ id: check.id, name: check.name, rows })
    } catch (error) {
      report.errors.push({ name: check.name, error: String(error) })
    }
  }
  return report
}

const looks = 3

const look = (db: Database, check: Check | CrossCheck, now: () => number) =>
  'query' in check ? db.rows<unknown>(check.query(now())) : check.compare(db, now())

async function standing(db: Database, check: Check | CrossCheck, now: () => number, pause: () => Promise<void>) {
  let rows = await look(db, check, now)
  for (let looked = 1; looked < looks && rows.length > 0; looked++) {
    await pause()
    const before = new Set(rows.map((row) => JSON.stringify(row)))
    rows = (await look(db, check, now)).filter((row) => before.has(JSON.stringify(row)))
  }
  return rows
}
