import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type ServiceProcesses, startServices } from '../cli/service-processes.ts'
import { freePort } from '../platform/free-port.ts'
import { type Engine, startKafka, startPostgres, startRedis } from './engines.ts'
import type { Plant } from './plants.ts'

export type Death = { at: number; name: string; how: string; said: string[] }
export type ChaosSystem = {
  engines: { postgres: Engine; redis: Engine; kafka: Engine }
  services: ServiceProcesses
  /** processes that ended although nobody told them to, or did not start for another reason than a database that is away */
  deaths: Death[]
  /** kill -9 and, after `awayMs`, the same one again, however often that takes */
  killService: (name: string, index: number, awayMs: number) => Promise<void>
  /** one statement; waits for a database that is away */
  rows: <T>(text: string, values?: unknown[]) => Promise<T[]>
  close: () => Promise<void>
}
type Options = { replicas: number; kafkaLib: string | undefined; environment: Record<string, string>; plant: Plant | undefined; say: (line: string) => void }

export const operator = { email: 'operator@chaos.example', password: 'operator-chaos-1234' }
const planting = new URL('./planting.ts', import.meta.url).href
const linesKept = 40
const saidMax = 10
/** what a process says that cannot start meanwhile (src/start-problems.ts): a supervisor tries again */
const databaseIsAway = /^\s*- DATABASE_URL: /
const retryMs = 200
const startsMax = 20

/** Engines and services of our own, all of them direct children. Services that end by themselves are started again, as a supervisor would. */
export async function openChaosSystem({ replicas, kafkaLib, environment, plant, say }: Options): Promise<ChaosSystem> {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-chaos-'))
  const opened: { close: () => Promise<unknown> }[] = []
  const close = async () => {
    for (const each of opened.toReversed()) await each.close()
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const [postgres, redis, kafka] = await Promise.all([startPostgres(), startRedis(), startKafka({ kafkaLib })].map(async (starting) => {
      const engine = await starting
      opened.push(engine)
      return engine
    })) as [Engine, Engine, Engine]
    // a gateway that comes back is where it was
    const env = { PORT: String(await freePort()), ...environmentOf({ postgres, redis, kafka }), ...environment, ...(plant && { NODE_OPTIONS: `--import ${planting}`, CHAOS_PLANT: plant.name, ...plant.environment }) }
    const { services, deaths, revive, close: closeServices } = await superviseServices(directory, env, replicas, say)
    opened.push({ close: closeServices })
    return {
      engines: { postgres, redis, kafka }, services, deaths, close,
      killService: async (name, index, awayMs) => {
        await services.replica(name, index).kill()
        await wait(awayMs)
        await revive(name, index)
      },
      rows: (text, values) => patientRows(postgres.url, text, values),
    }
  } catch (error) {
    await close()
    throw error
  }
}

function environmentOf({ postgres, redis, kafka }: ChaosSystem['engines']): Record<string, string> {
  const secret = () => randomBytes(32).toString('hex')
  return {
    DATABASE_URL: postgres.url, REDIS_URL: redis.url, KAFKA_BROKERS: kafka.url, DATABASE_CONNECTIONS: '4', LOG_LEVEL: 'warn',
    SERVICE_SECRET: secret(), SESSION_SECRET: secret(), PASS_SECRET: secret(), REHEARSALS: 'on', QUEUE_CAP: '40', HOLD_SECONDS: '60',
    OPERATOR_EMAIL: operator.email, OPERATOR_PASSWORD: operator.password,
  }
}

async function superviseServices(directory: string, environment: Record<string, string>, replicas: number, say: (line: string) => void) {
  const deaths: Death[] = []
  const said = new Map<string, string[]>()
  const reviving = new Map<string, Promise<void>>()
  let services: ServiceProcesses | undefined
  let isClosing = false

  const labelOf = (name: string, index: number) => (replicas > 1 ? `${name} ${index}` : name)
  const noteDeath = (name: string, how: string, lines: string[]) => {
    deaths.push({ at: Date.now(), name, how, said: lines.slice(-saidMax).map((line) => line.slice(0, 500)) })
    say(`${name} ended by itself (${how}): ${lines.at(-1)?.slice(0, 200) ?? ''}`)
  }
  const revive = (name: string, index: number) => {
    const label = `${name} ${index}`
    const running = reviving.get(label) ?? restart(name, index).finally(() => reviving.delete(label))
    reviving.set(label, running)
    return running
  }
  async function restart(name: string, index: number) {
    for (let tries = 1; !isClosing; tries++) {
      try {
        return await services?.replica(name, index).killAndRestart()
      } catch (error) {
        const lines = String((error as Error).message).split('\n')
        if (!lines.some((line) => databaseIsAway.test(line))) noteDeath(`${name} ${index}`, 'its start', lines)
        if (tries >= startsMax) throw error
        await wait(retryMs)
      }
    }
  }
  services = await startServices(directory, environment, (name, line) => {
    said.set(name, [...(said.get(name) ?? []), line].slice(-linesKept))
  }, { replicas, onDeath: (label, how) => {
    const [name = '', index = '0'] = label.split(' ')
    if (isClosing || name === 'nginx') return
    // its last words come after its end
    setTimeout(() => {
      noteDeath(label, String(how), said.get(labelOf(name, Number(index))) ?? [])
    }, retryMs)
    revive(name, Number(index)).catch((error: unknown) => say(`${label} cannot be started again: ${String(error)}`))
  } })
  const close = async () => {
    isClosing = true
    await Promise.allSettled([...reviving.values()])
    await services?.stop()
  }
  return { services, deaths, revive, close }
}

async function patientRows<T>(url: string, text: string, values: unknown[] = []): Promise<T[]> {
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, application_name: 'chaos' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query(text, values)).rows as T[]
    } catch (error) {
      if (error instanceof pg.DatabaseError && !/^(08|57P|XX)/.test(error.code ?? '')) throw error
      await wait(retryMs)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}
