import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { newSecret } from '../config.ts'
import { type ServiceProcesses, startServices } from './service-processes.ts'

/**
 * npm run services -- [--port 8080]
 * The gateway and every service as a process of its own on this machine, on the engines that DATABASE_URL and
 * KAFKA_BROKERS name. Their logs come out here, each line with the name of its process; Ctrl-C ends all of them. Secrets
 * that are not given are new at each start: then sessions and passes end with it.
 */
const { values: args } = parseArgs({ options: { port: { type: 'string', default: '8080' } } })
const missing = ['DATABASE_URL', 'KAFKA_BROKERS'].filter((name) => !process.env[name])
if (missing.length > 0) {
  process.stderr.write(`npm run services needs ${missing.join(' and ')}: several processes share nothing but these engines\n`)
  process.exit(2)
}
const secrets = Object.fromEntries(['SERVICE_SECRET', 'SESSION_SECRET', 'PASS_SECRET'].map((name) => [name, process.env[name] ?? newSecret()]))
const directory = await mkdtemp(join(tmpdir(), 'openrun-services-'))
const say = (name: string, line: string) => process.stdout.write(`${name.padEnd(12)} ${line}\n`)
let starting: Promise<ServiceProcesses> | undefined
const { close } = closeWithGrace({ delay: 30_000, logger: false }, async () => (await starting?.catch(() => undefined))?.stop())
starting = startServices(directory, { ...secrets, PORT: args.port }, say, (name, how) => {
  process.stderr.write(`${name} ended by itself (${how}); ending the others\n`)
  process.once('exit', () => {
    process.exitCode = 1
  })
  close()
})
const { url, processes } = await starting
process.stdout.write(`Openrun, ${processes.length} processes  ${url}\n  mails and addresses of the operations ports (server.json) in ${directory}\n  Ctrl-C ends all of them\n`)
