import { rm } from 'node:fs/promises'
import closeWithGrace from 'close-with-grace'
import { readConfig } from './config.ts'
import { demoLogins } from './demo.ts'
import { openServer } from './server.ts'
import { openStageLink } from './stage/link.ts'
import { startProblemOf } from './start-problems.ts'

const demo = process.argv.includes('--demo')
const again = process.argv.includes('--again')
// what watched over this process is gone: nobody would end it any more
const link = demo ? openStageLink(() => process.kill(process.pid, 'SIGTERM')) : undefined
/** requests under way 10 s, jobs 8, listeners of Kafka 10, its producer 5 */
const closeDelayMs = 35_000

try {
  const config = readConfig(process.env, { demo })
  const server = await openServer(config, link)
  // the signal handlers come after the start: until then a signal simply ends the process, which is safe at any point
  closeWithGrace({ delay: closeDelayMs + config.DRAIN_SECONDS * 1_000, logger: false }, async ({ err, signal }) => {
    if (err) process.stderr.write(`${err.stack}\n`)
    await server.close(signal ?? 'error')
    await rm(server.addressFile, { force: true })
  })
  link?.served(server)
  if (again) process.stdout.write(`Openrun serves again on ${server.url}\n`)
  else if (demo) process.stdout.write(demoText(server.url, config.DATA_DIR))
  else process.stdout.write(`Openrun ${server.url ? `listens on ${server.url}` : `runs ${config.SERVICES}`}, operations on ${server.opsUrl}\n`)
} catch (error) {
  const problem = startProblemOf(error)
  process.stderr.write(problem ? `Openrun does not start:\n${problem}\n` : `Openrun does not start: ${(error as Error).stack}\n`)
  process.exit(1)
}

function demoText(url: string, dataDir: string): string {
  const logins = demoLogins.map(({ role, email, password }) => `  ${role.padEnd(10)} ${email}  ${password}`)
  return ['', `Openrun 오픈런  ${url}${link ? '/demo' : ''}`, ...logins, ...(link ? [`  the shop is at ${url}/`] : []), `  the API is described at ${url}/docs`, `  data in ${dataDir} (survives kill -9, not power loss)`, '  Ctrl-C ends; the next start continues', ''].join('\n')
}
