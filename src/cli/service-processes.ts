import type { ChildProcess } from 'node:child_process'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePorts } from '../platform/free-port.ts'
import { absentServices, type Part, type ServiceName, serviceNames, urlOf } from '../services.ts'
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
  /** stops and starts one process after the other, all or `only` some, up to the first that fails; `before` hears which one is next */
  rollingRestart: (options?: { only?: (replica: ReplicaProcess) => boolean; before?: (replica: ReplicaProcess) => void }) => Promise<void>
  stop: () => Promise<void>
}
type Options = {
  /** processes of each service and of the gateway; with more than one, nginx stands before them */
  replicas?: number
  /** hears of one that ended by itself */
  onDeath?: ((name: string, how: number | string) => void) | undefined
}

/** What is reached by nginx, last: it is what others wait for. */
const isPublic = (name: string) => name === 'gateway' || name === 'callbacks'
const gatewayDrainSeconds = '2'
/** A gateway that came back is not asked until nginx looks again. */
const afterGatewayMs = (gatewayRestSeconds + 1) * 1_000

/**
 * Starts the gateway and every service as child processes and waits until all of them serve. `environment` has the
 * engines and the secrets, or the process's own has, and says as there what this installation does not have (`SEAT_URL=none`).
 * With PROVIDER_SECRET there are processes for the callbacks of providers. `say` gets every line a child writes.
 */
export async function startServices(directory: string, environment: Record<string, string>, say: (name: string, line: string) => void, { replicas: count = 1, onDeath }: Options = {}): Promise<ServiceProcesses> {
  const hasFront = count > 1
  const { names, absent } = partsOf({ ...process.env, ...environment })
  const ports = await freePorts(names.length * count * 2 + 1)
  const placeOf = (name: string, index: number) => (names.indexOf(name as Part) * count + index) * 2
  const portOf = (name: string, index: number) => ports[placeOf(name, index)] as number
  const opsPortOf = (name: string, index: number) => ports[placeOf(name, index) + 1] as number
  const frontPort = Number(environment.PORT ?? 0) || (ports.at(-1) as number)
  const originsOf = (name: string) => Array.from({ length: count }, (_, index) => `http://127.0.0.1:${portOf(name, index)}`)
  const urls = Object.fromEntries(serviceNames.map((name) => [urlOf(name), absent.has(name) ? 'none' : originsOf(name).join(',')]))
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
      PORT: '0', ...front, ...(isPublic(name) ? behindFront : {}), ...environment, ...urls, SERVICES: name,
      ...portsOf(name, String(portOf(name, index)), hasFront),
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
      const placesOf = (name: string) => Array.from({ length: count }, (_, index) => `127.0.0.1:${portOf(name, index)}`)
      const callbacks = names.includes('callbacks') ? { callbacks: placesOf('callbacks') } : {}
      nginx = await startNginx({ directory: join(directory, 'nginx'), port: frontPort, gateways: placesOf('gateway'), ...callbacks }, (line) => say('nginx', line), (how) => void (isStopping || onDeath?.('nginx', how)))
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
          if (isStopping) return
          before?.(replica)
          await replica.restart()
          if (isPublic(replica.name) && hasFront) await wait(afterGatewayMs)
        }
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What runs: all there is, unless some of it is said to be `none`; SERVICES names what is wanted all the same. */
function partsOf(environment: Record<string, string | undefined>): { names: Part[]; absent: ReadonlySet<ServiceName> } {
  const named = (environment.SERVICES ?? '').split(',')
  const { absent, problems } = absentServices((name) => environment[urlOf(name)] || undefined, named)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const hasCallbacks = !absent.has('wallet') && (Boolean(environment.PROVIDER_SECRET || environment.PROVIDER_SECRET_FILE) || named.includes('callbacks'))
  return { absent, names: [...serviceNames.filter((name) => !absent.has(name)), 'gateway', ...(hasCallbacks ? ['callbacks' as const] : [])] }
}

/** A service has a door for others; what is public is where nginx looks for it, or where PORT says. */
function portsOf(name: string, port: string, hasFront: boolean): Record<string, string> {
  if (!isPublic(name)) return { INNER_PORT: port }
  return hasFront || name === 'callbacks' ? { PORT: port } : {}
}
