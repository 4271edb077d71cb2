import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { databaseUrls, readConfig } from '../config.ts'
import { type Database, openPostgres } from '../platform/database.ts'
import { openEmbedded } from '../platform/embedded.ts'
import { absentServices, type ServiceName, urlOf } from '../services.ts'
import { verify, type VerifyReport } from '../verify.ts'
import { verifyProcesses } from '../verify-processes.ts'
import { runningServers } from './running-server.ts'

const usage = `npm run verify -- [--ops-url http://…[,http://…]] [--json]
Checks every invariant on the stored data: inside the server that has DATA_DIR open, inside the processes of npm run services
or those at --ops-url (one replica of each service is enough); on the data itself when nobody has it open.
Exit code: 0 nothing is violated, 1 a violation, 2 something could not be asked, or wrong options.`

const args = optionsOf()
const looking = { now: Date.now, pause: () => wait(100) }
const report = await run()
const say = (line: string) => (args.json ? process.stderr : process.stdout).write(`${line}\n`)
for (const violation of report.violations) say(`VIOLATION ${violation.id} ${violation.name}\n  ${violation.rows.map((row) => JSON.stringify(row)).join('\n  ')}`)
for (const { name, error } of report.errors) say(`COULD NOT CHECK ${name}: ${error}`)
say(`${report.checks} checks of ${report.services.join(', ') || 'nothing'}: ${report.violations.length} violations, ${report.errors.length} not checked`)
if (args.json) process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(report.violations.length > 0 ? 1 : report.errors.length > 0 ? 2 : 0)

function optionsOf() {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({ options: { json: flag, help: flag, 'ops-url': { type: 'string' } } })
    if (values.help) {
      process.stdout.write(`${usage}\n`)
      process.exit(0)
    }
    return values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`)
    process.exit(2)
  }
}

/** Inside what runs; the data itself only when nobody has it open. */
async function run(): Promise<VerifyReport> {
  const { DATA_DIR } = readConfig({ DATA_DIR: process.env.DATA_DIR, DATA_DIR_FILE: process.env.DATA_DIR_FILE })
  const opsUrls = args['ops-url']?.split(',') ?? (await runningServers(DATA_DIR))
  if (opsUrls) return verifyProcesses(opsUrls, looking)
  const urls = databaseUrls(process.env)
  const opened = new Map<string | undefined, Database>()
  for (const url of new Set(urls.values())) opened.set(url, url ? openPostgres(url) : await openEmbedded(DATA_DIR))
  try {
    return await verify((service: ServiceName) => opened.get(urls.get(service)) as Database, looking, absentServices((name) => process.env[urlOf(name)], []).absent)
  } finally {
    await Promise.all([...opened.values()].map((db) => db.close()))
  }
}
