import { parseArgs } from 'node:util'
import { setTimeout as wait } from 'node:timers/promises'
import { readConfig } from '../config.ts'
import { openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'
import { verify, type VerifyReport } from '../verify.ts'
import { runningServer } from './running-server.ts'

const { values: args } = parseArgs({ options: { json: { type: 'boolean', default: false }, 'ops-url': { type: 'string' } } })

const report = await run()
const sound = report.violations.length === 0 && report.errors.length === 0
const say = (line: string) => (args.json ? process.stderr : process.stdout).write(`${line}\n`)
for (const violation of report.violations) say(`VIOLATION ${violation.id} ${violation.name}\n  ${violation.rows.map((row) => JSON.stringify(row)).join('\n  ')}`)
for (const { name, error } of report.errors) say(`COULD NOT CHECK ${name}: ${error}`)
say(`${report.checks} checks, ${report.violations.length} violations, ${report.errors.length} not checked`)
if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(sound ? 0 : 1)

/** Inside the running server when there is one; the data itself only when nobody has it open. */
async function run(): Promise<VerifyReport> {
  const config = readConfig({ ...process.env, SESSION_SECRET: undefined, PASS_SECRET: undefined, DATABASE_URL: undefined, SERVICES: undefined, KAFKA_BROKERS: undefined })
  const opsUrl = args['ops-url'] ?? (await runningServer(config.DATA_DIR))
  if (opsUrl) {
    const response = await fetch(new URL('/verify', opsUrl), { method: 'POST' })
    if (!response.ok) throw new Error(`${opsUrl} answered ${response.status}`)
    return (await response.json()) as VerifyReport
  }
  const databaseUrl = process.env.DATABASE_URL
  const db = databaseUrl ? openPostgres(databaseUrl) : await openEmbedded(config.DATA_DIR)
  try {
    return await verify(db, Date.now, () => wait(100))
  } finally {
    await db.close()
  }
}
