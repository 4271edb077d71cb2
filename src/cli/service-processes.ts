import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { serviceNames, urlOf } from '../services.ts'
import { gatewayRestSeconds, type Nginx, startNginx } from './nginx.ts'
import { type ReplicaProcess, startReplica } from './replica-process.ts'

export type ServiceProcesses = {
  /** where buyers come: nginx when there are replicas, else the gateway */
  url: string
  /** where health, metrics and verify of the first gateway are */
  opsUrl: string
  /** the same of every process */
  opsUrls: string[]
  /** every service and gateway, each with its pid and ways to end it */
  replicas: ReplicaProcess[]
  /** every child there is now, nginx too */
  processes: ChildProcess[]
  nginx: Nginx | undefined
  replica: (name: string, index?: number) => ReplicaProcess
  /** kill -9 of one, and the same one again */
  killAndRestart: (name: string, index?: number) => Promise<void>
  /** to freeze (`SIGSTOP`) and wake (`SIGCONT`) one */
  signal: (name: string, index: number, signal: NodeJS.Signals) => void
  /** stops and starts one process after the other, all or `only` some; `before` hears which one is next */
  rollingRestart: (options?: { only?: (replica: ReplicaProcess) => boolean; before?: (replica: ReplicaProcess) => void }) => Promise<void>
  stop: () => Promise<void>
}
type Options = {
  /** processes of each service and of the gateway; with more than one, nginx stands before them */
  replicas?: number
  /** hears of one that ended by itself */
  onDeath?: ((name: string, how: number | string) => void) | undefined
}

/** The gateway last: it is what others wait for. */
const names = [...serviceNames, 'gateway'] as const
const gatewayDrainSeconds = '2'
/** A gateway that came back is not asked until nginx looks again. */
const afterGatewayMs = (gatewayRestSeconds + 1) * 1_000

/**
 * Starts the gateway and every service as child processes and waits until all of them serve. `environment` has the
 * engines and the secrets, or the process's own has. `say` gets every line a child writes.
 */
export async function startServices(directory: string, environment: Record<string, string>, say: (name: string, line: string) => void, { replicas: count = 1, onDeath }: Options = {}): Promise<ServiceProcesses> {
  const hasFront = count > 1
  const ports = await freePorts(names.length * count * 2 + 1)
  const placeOf = (name: string, index: number) => ((names as readonly string[]).indexOf(name) * count + index) * 2
  const portOf = (name: string, index: number) => ports[placeOf(name, index)] as number
  const opsPortOf = (name: string, index: number) => ports[placeOf(name, index) + 1] as number
  const frontPort = Number(environment.PORT ?? 0) || (ports.at(-1) as number)
  const originsOf = (name: string) => Array.from({ length: count }, (_, index) => `http://127.0.0.1:${portOf(name, index)}`)
  const urls = Object.fromEntries(serviceNames.map((name) => [urlOf(name), originsOf(name).join(',')]))
  // links in mails lead there, whichever process writes them
  const front = hasFront ? { PUBLIC_URL: `http://127.0.0.1:${frontPort}` } : {}
  const behindFront = hasFront ? { TRUST_PROXY: 'loopback', DRAIN_SECONDS: gatewayDrainSeconds } : {}
  let isStopping = false
  // nginx's workers pass through it to a directory of theirs; each server's own stays closed
  if (hasFront) await chmod(directory, 0o711)

  const start = (name: string, index: number) => startReplica(name, index, {
    directory,
    opsPort: opsPortOf(name, index),
    environment: {
      PORT: '0', ...front, ...(name === 'gateway' ? behindFront : {}), ...environment, ...urls, SERVICES: name,
      ...(name === 'gateway' ? (hasFront ? { PORT: String(portOf(name, index)) } : {}) : { INNER_PORT: String(portOf(name, index)) }),
    },
    say: (line) => say(hasFront ? `${name} ${index}` : name, line),
    onDeath: (how) => void (isStopping || onDeath?.(`${name} ${index}`, how)),
  })
  const replicas = (await Promise.all(names.map((name) => Promise.all(Array.from({ length: count }, (_, index) => start(name, index)))))).flat()
  let nginx: Nginx | undefined
  const find = (name: string, index = 0) => {
    const replica = replicas.find((each) => each.name === name && each.index === index)
    if (!replica) throw new Error(`there is no process ${name} ${index}`)
    return replica
  }
  const stop = async () => {
    isStopping = true
    await nginx?.stop()
    // callers before those they call, the replicas of one side by side
    for (const name of names.toReversed()) await Promise.all(replicas.filter((each) => each.name === name).map((each) => each.stop()))
  }

  try {
    for (const replica of replicas) await replica.served()
    const { url, opsUrl } = await find('gateway').served()
    if (hasFront) {
      const gateways = Array.from({ length: count }, (_, index) => `127.0.0.1:${portOf('gateway', index)}`)
      nginx = await startNginx({ directory: join(directory, 'nginx'), port: frontPort, gateways }, (line) => say('nginx', line), (how) => void (isStopping || onDeath?.('nginx', how)))
    }
    return {
      url: nginx?.url ?? url, opsUrl, replicas, nginx, stop,
      opsUrls: replicas.map((replica) => replica.opsUrl),
      get processes() {
        return [...replicas.map((each) => each.child()), ...(nginx ? [nginx.child] : [])]
      },
      replica: find,
      killAndRestart: (name, index) => find(name, index).killAndRestart(),
      signal: (name, index, signal) => void find(name, index).child().kill(signal),
      rollingRestart: async ({ only = () => true, before } = {}) => {
        for (const replica of replicas.filter(only)) {
          before?.(replica)
          await replica.restart()
          if (replica.name === 'gateway' && hasFront) await wait(afterGatewayMs)
        }
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// below those that systems give to outgoing connections: a process that starts again finds its port free
const portMin = 15_000
const portMax = 32_000

/** Ports that are free now, all of them held until the last is known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let tries = 0; servers.length < count && tries < 100 * count; tries++) {
    const server = createServer().listen(portMin + Math.floor(Math.random() * (portMax - portMin)), '127.0.0.1')
    await once(server, 'listening').then(() => servers.push(server), () => undefined)
  }
  if (servers.length < count) throw new Error('no ports are free')
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
