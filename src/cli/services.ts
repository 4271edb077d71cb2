import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { newSecret } from '../config.ts'
import { startServices } from './service-processes.ts'

/**
 * npm run services -- [--port 8080]
 * The gateway and every service as a process of its own on this machine, on the engines that DATABASE_URL and
 * KAFKA_BROKERS name. Their logs come out here, each line with the name of its process; Ctrl-C ends all of them.
 */
const { values: args } = parseArgs({ options: { port: { type: 'string', default: '8080' } } })
const missing = ['DATABASE_URL', 'KAFKA_BROKERS'].filter((name) => !process.env[name])
if (missing.length > 0) {
  process.stderr.write(`npm run services needs ${missing.join(' and ')}: several processes share nothing but these engines\n`)
  process.exit(2)
}
const secrets = Object.fromEntries(['SERVICE_SECRET', 'SESSION_SECRET', 'PASS_SECRET'].map((name) => [name, process.env[name] ?? newSecret()]))
const services = await startServices(await mkdtemp(join(tmpdir(), 'openrun-services-')), { ...secrets, PORT: args.port }, (name, line) => process.stdout.write(`${name.padEnd(12)} ${line}\n`))
closeWithGrace({ delay: 20_000, logger: false }, () => services.stop())
process.stdout.write(`Openrun, ${services.processes.length} processes  ${services.url}\n`)
for (const child of services.processes) await once(child, 'exit')
