import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { newSecret } from '../config.ts'
import { type ServiceProcesses, startServices } from './service-processes.ts'

/**
 * npm run services -- [--port 8080] [--replicas 2]
 * The gateway and every service as processes of their own on this machine, on the engines that DATABASE_URL and
 * KAFKA_BROKERS name; with replicas nginx stands before the gateways. Their logs come out here, each line with the name of
 * its process; Ctrl-C ends all of them, SIGHUP restarts one after the other. Secrets that are not given are new at each
 * start: then sessions and passes end with it. SEAT_URL=none is only the line, with PROVIDER_SECRET there are processes for
 * callbacks. DATA_DIR/server.json tells the other commands where everything is.
 */
const usage = 'npm run services -- [--port 8080] [--replicas 1..8]'
const { values: args } = parseArgs({ options: { port: { type: 'string', default: '8080' }, replicas: { type: 'string', default: '1' }, help: { type: 'boolean', default: false } } })
const replicas = /^[1-8]$/.test(args.replicas) ? Number(args.replicas) : 0
if (args.help || replicas === 0 || !/^\d{1,5}$/.test(args.port)) {
  process.stderr.write(`${usage}\n`)
  process.exit(args.help ? 0 : 2)
}
// without Redis each gateway would count rate limits for itself
const isGiven = (name: string) => Boolean(process.env[name] || process.env[`${name}_FILE`])
const missing = ['DATABASE_URL', 'KAFKA_BROKERS', ...(replicas > 1 ? ['REDIS_URL'] : [])].filter((name) => !isGiven(name))
if (missing.length > 0) {
  process.stderr.write(`npm run services needs ${missing.join(' and ')}: several processes share nothing but these engines\n`)
  process.exit(2)
}
const secrets = Object.fromEntries(['SERVICE_SECRET', 'SESSION_SECRET', 'PASS_SECRET'].filter((name) => !isGiven(name)).map((name) => [name, newSecret()]))
const directory = await mkdtemp(join(tmpdir(), 'openrun-services-'))
const dataDir = process.env.DATA_DIR ?? './data'
const addressFile = join(dataDir, 'server.json')
const say = (name: string, line: string) => process.stdout.write(`${name.padEnd(14)} ${line}\n`)
let starting: Promise<ServiceProcesses> | undefined
let restarting: Promise<void> | undefined
process.on('SIGHUP', () => {
  if (!restarting) return say('services', 'still starting; send SIGHUP again when it serves')
  restarting = restarting.then(restart)
})
// each of them is bounded
const { close } = closeWithGrace({ delay: false, logger: false, skip: ['SIGHUP'] }, async () => {
  await (await starting?.catch(() => undefined))?.stop()
  await rm(addressFile, { force: true })
})
const onDeath = (name: string, how: number | string) => {
  process.stderr.write(`${name} ended by itself (${how}); ending the others\n`)
  process.once('exit', () => {
    process.exitCode = 1
  })
  close()
}
// so many processes share what one PostgreSQL has to give
const connections = process.env.DATABASE_CONNECTIONS ?? (replicas > 1 ? '4' : '10')
starting = startServices(directory, { ...secrets, DATABASE_CONNECTIONS: connections, PORT: args.port }, say, { replicas, onDeath })
const services = await starting
const { url, opsUrl, opsUrls, processes } = services
await mkdir(dataDir, { recursive: true, mode: 0o700 })
await writeFile(addressFile, JSON.stringify({ pid: process.pid, url, opsUrl, opsUrls }))
// nginx sends them there; without it the gateway takes them too
const callbacks = replicas === 1 ? (await services.replicas.find(({ name }) => name === 'callbacks')?.served())?.url : undefined
process.stdout.write(`Openrun, ${processes.length} processes  ${url}\n${callbacks ? `  callbacks of providers  ${callbacks}\n` : ''}  mails and addresses of the operations ports (server.json) in ${directory}\n  Ctrl-C ends all of them\n`)
restarting = Promise.resolve()

/** What cannot be restarted ends the restart and nothing else: whoever has two of it has one that is the old one. */
async function restart() {
  try {
    await services.rollingRestart({ before: ({ name, index }) => say('services', `restarting ${name} ${index}`) })
    say('services', 'restarted')
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\nThe restart ended here, the others go on as they were. Mend the cause and send SIGHUP again\n`)
  }
}
