import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '@redis/client'
import { freePorts } from '../platform/free-port.ts'
import { type Engine, loopback, startRedis } from './engines.ts'

export type RedisCluster = {
  /** every node, by comma */
  url: string
  /** ports of the nodes that are masters, as one that lives sees it */
  masters: () => Promise<number[]>
  /** kill -9 of the master at this port; returns when its replica has taken over */
  kill: (port: number) => Promise<void>
  /** the same one again; returns when it is a replica that may take over */
  restart: (port: number) => Promise<void>
  close: () => Promise<void>
}

const nodesCount = 6
/** How long a master is silent before a replica takes over, in milliseconds. */
const nodeTimeoutMs = 1_000
const pollMs = 50
const startTimeoutMs = 60_000

/** A Cluster of our own: three masters with a replica each, every node a direct child. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = new Map<number, Engine>()
  const close = async () => {
    await Promise.all([...nodes.values()].map((node) => node.close()))
  }
  try {
    // unless it is given one, a node talks to the others on a port that something else may have: 10,000 above its own
    const ports = await freePorts(2 * nodesCount)
    const flags = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeoutMs), '--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0']
    for (const [i, port] of ports.slice(nodesCount).entries()) nodes.set(port, await startRedis([...flags, '--cluster-port', String(ports[i])], port))
    const places = [...nodes.keys()].map((port) => `${loopback}:${port}`)
    execFileSync('redis-cli', ['--cluster', 'create', ...places, '--cluster-replicas', '1', '--cluster-yes'], { stdio: 'pipe' })
    const away = new Set<number>()
    const living = () => [...nodes.keys()].filter((port) => !away.has(port))
    const isWhole = async () => (await replicasOf(living())) === nodesCount / 2 && (await Promise.all(living().map(isInStep))).every(Boolean)
    await eventually(async () => (await Promise.all(living().map((port) => ask(port, ['CLUSTER', 'INFO'])))).every((info) => info.includes('cluster_state:ok')) && isWhole())
    return {
      url: `redis://${places.join(',')}`, close,
      masters: () => mastersOf(living()),
      kill: async (port) => {
        away.add(port)
        await nodes.get(port)?.kill()
        await eventually(async () => {
          const masters = await mastersOf(living())
          return masters.length === nodesCount / 2 && !masters.includes(port)
        })
      },
      restart: async (port) => {
        await nodes.get(port)?.restart()
        away.delete(port)
        await eventually(isWhole)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function ask(port: number, command: string[]): Promise<string> {
  const client = createClient({ url: `redis://${loopback}:${port}` })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return String(await client.sendCommand(command))
  } finally {
    client.destroy()
  }
}

/** `id host:port@bus flags …` a line. */
async function rowsOf(ports: number[]): Promise<{ port: number; flags: string[] }[]> {
  const text = await ask(ports[0] as number, ['CLUSTER', 'NODES'])
  return text.trim().split('\n').map((line) => line.split(' ')).map(([, address = '', flags = '']) => ({ port: Number(/:(\d+)@/.exec(address)?.[1]), flags: flags.split(',') }))
}
const mastersOf = async (ports: number[]) => (await rowsOf(ports)).filter(({ flags }) => flags.includes('master') && !flags.includes('fail')).map(({ port }) => port)
/** those that every node reaches */
const replicasOf = async (ports: number[]) => Math.min(...(await Promise.all(ports.map((port) => rowsOf([port])))).map((rows) => rows.filter(({ flags }) => flags.includes('slave') && !flags.some((flag) => flag.startsWith('fail'))).length))

/** A replica that never had its master's data may not take over. */
const isInStep = async (port: number) => !(await ask(port, ['INFO', 'replication'])).includes('master_link_status:down')

async function eventually(isSo: () => Promise<boolean>) {
  for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
    if (await isSo().catch(() => false)) return
    await wait(pollMs)
  }
  throw new Error('the Cluster did not come to that state in time')
}
