import type { Check, ComputedCheck } from './platform/check.ts'
import type { Reader } from './platform/database.ts'
import { type ServiceName, serviceNames } from './services.ts'
import { type CrossCheck, crossChecks } from './verify-cross.ts'
import { type Exports, exportsFrom } from './verify-exports.ts'
import { concertChecks } from './concert/checks.ts'
import { paymentChecks } from './payment/checks.ts'
import { queueChecks } from './queue/checks.ts'
import { queueDrawChecks } from './queue/draw-checks.ts'
import { reservationChecks } from './reservation/checks.ts'
import { seatChecks } from './seat/checks.ts'
import { userChecks } from './user/checks.ts'
import { shopChecks } from './queue/checks-shop.ts'
import { walletChecks } from './wallet/checks.ts'

export type Violation = { id: string; name: string; rows: unknown[] }
/** `errors` are what could not be asked: nothing is known about that. */
export type VerifyReport = { services: ServiceName[]; checks: number; violations: Violation[]; errors: { name: string; error: string }[] }

/** What each service knows to be true of its own schema. */
const ownChecks: Record<ServiceName, (Check | ComputedCheck)[]> = {
  user: userChecks, concert: concertChecks, wallet: walletChecks, seat: seatChecks, queue: [...queueChecks, ...queueDrawChecks, ...shopChecks],
  reservation: reservationChecks, payment: paymentChecks,
}

export type Looking = { now: () => number; pause: () => Promise<void> }
/** Where the schema of a service is. */
export type DatabaseOf = (service: ServiceName) => Reader

/** Every invariant `npm run verify` knows, on data that is all within reach; of a service that is `absent` there is none. */
export async function verify(dbOf: DatabaseOf, looking: Looking, absent: ReadonlySet<ServiceName> = new Set()): Promise<VerifyReport> {
  const services = serviceNames.filter((name) => !absent.has(name))
  return merged([await verifyServices(services, dbOf, looking), await verifyAcross(exportsFrom(dbOf), looking, absent)])
}

/** What these services know of themselves. */
export async function verifyServices(services: ServiceName[], dbOf: DatabaseOf, looking: Looking): Promise<VerifyReport> {
  const looks = services.flatMap((service) => ownChecks[service].map((check): Look => ({ ...check, look: () => lookInto(check, dbOf(service), looking.now()) })))
  return { ...await lookAtAll(looks, looking), services }
}

const lookInto = (check: Check | ComputedCheck, db: Reader, now: number) => ('query' in check ? db.rows(check.query(now)) : check.compute(db, now))

/** What only a comparison of several services shows; with one that is absent there is nothing to compare. */
export function verifyAcross(exports: Exports, looking: Looking, absent: ReadonlySet<ServiceName> = new Set()): Promise<VerifyReport> {
  const checks = crossChecks.filter(({ services }) => !services.some((name) => absent.has(name)))
  return lookAtAll(checks.map((check: CrossCheck): Look => ({ ...check, look: () => check.compare(exports, looking.now()) })), looking)
}

export function merged(reports: VerifyReport[]): VerifyReport {
  return {
    services: reports.flatMap((report) => report.services),
    checks: reports.reduce((sum, report) => sum + report.checks, 0),
    violations: reports.flatMap((report) => report.violations),
    errors: reports.flatMap((report) => report.errors),
  }
}

type Look = { id: string; name: string; look: () => Promise<unknown[]> }

/**
 * One check after the other. On a live server some rows move between two statements, so a check that finds something is
 * repeated; only what stands still three times is a violation.
 */
async function lookAtAll(looks: Look[], { pause }: Looking): Promise<VerifyReport> {
  const report: VerifyReport = { services: [], checks: looks.length, violations: [], errors: [] }
  for (const { id, name, look } of looks) {
    try {
      const rows = await standing(look, pause)
      if (rows.length > 0) report.violations.push({ id, name, rows })
    } catch (error) {
      report.errors.push({ name, error: String(error) })
    }
  }
  return report
}

const looksMin = 3

async function standing(look: Look['look'], pause: () => Promise<void>) {
  let rows = await look()
  for (let looked = 1; looked < looksMin && rows.length > 0; looked++) {
    await pause()
    const before = new Set(rows.map((row) => JSON.stringify(row)))
    rows = (await look()).filter((row) => before.has(JSON.stringify(row)))
  }
  return rows
}
