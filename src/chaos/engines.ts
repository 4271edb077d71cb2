import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { leash } from '../cli/leash.ts'
import { freePort, freePorts } from '../platform/free-port.ts'

/** An engine of our own, as a direct child: it may be killed, frozen and started again on the same data and port. */
export type Engine = {
  url: string
  /** kill -9; returns when it is gone */
  kill: () => Promise<void>
  freeze: () => void
  thaw: () => void
  /** starts it again after `kill`; returns when it answers */
  restart: () => Promise<void>
  /** ends it and forgets its data */
  close: () => Promise<void>
}

/** Long: a broker that starts on a busy machine beside everything else has been seen to take more than a minute. */
const startTimeoutMs = 240_000
const pollMs = 50
const kafkaHeap = '-Xmx400m'
export const loopback = '127.0.0.1'

/** The binaries that are missing on this machine, each with what to do about it. */
export function missingEngines({ kafkaLib }: { kafkaLib: string | undefined }): string[] {
  const missing: string[] = []
  if (!postgresBin()) missing.push('PostgreSQL 15 or later (Debian: postgresql-15)')
  if (!inPath('redis-server')) missing.push('redis-server (Debian: redis-server)')
  if (!inPath('java')) missing.push('java 17 (Debian: openjdk-17-jre-headless)')
  if (!existsSync(kafkaLibOf(kafkaLib))) missing.push('Kafka: mvn -q -B -f test/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=lib, or KAFKA_LIB=directory of its jars')
  return missing
}

/** A PostgreSQL with its data in a temporary directory. As root it runs as the user postgres, for it refuses root. */
export async function startPostgres(flags: string[] = []): Promise<Engine> {
  const bin = postgresBin()
  if (!bin) throw new Error('there is no PostgreSQL on this machine')
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'openrun-pg-'))
  const identity: { uid?: number; gid?: number } = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid ?? identity.uid)
  const data = join(directory, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres'], { ...identity, cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] })
  const args = ['-D', data, '-p', String(port), '-k', directory, '-c', `listen_addresses=${loopback}`, '-c', 'max_connections=200', ...flags]
  const url = `postgres://postgres@${loopback}:${port}/postgres`
  return supervise(url, directory, () => spawn(join(bin, 'postgres'), args, { ...identity, cwd: directory, stdio: ['ignore', 'ignore', 'ignore'] }), () => answersSql(url))
}

/** A Redis that keeps nothing on disk. */
export async function startRedis(flags: string[] = [], chosen?: number): Promise<Engine> {
  const port = chosen ?? (await freePort())
  const directory = mkdtempSync(join(tmpdir(), 'openrun-redis-'))
  const args = ['--port', String(port), '--bind', loopback, '--save', '', '--appendonly', 'no', '--dir', directory, ...flags]
  return supervise(`redis://${loopback}:${port}`, directory, () => spawn('redis-server', args, { stdio: 'ignore' }), () => answersTcp(port))
}

/** A Kafka of one broker in KRaft mode; its topics survive a kill. `url` is host:port. */
export async function startKafka({ kafkaLib }: { kafkaLib: string | undefined }): Promise<Engine> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const directory = mkdtempSync(join(tmpdir(), 'openrun-kafka-'))
  const properties = join(directory, 'server.properties')
  writeFileSync(properties, kafkaProperties(directory, port, controllerPort))
  const java: [string, string] = ['-cp', join(kafkaLibOf(kafkaLib), '*')]
  const id = randomBytes(16).toString('base64url')
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '--standalone', '-t', id, '-c', properties], { stdio: 'ignore' })
  return supervise(`${loopback}:${port}`, directory, () => spawn('java', [kafkaHeap, ...java, 'kafka.Kafka', properties], { stdio: 'ignore', cwd: directory }), () => answersTcp(port))
}

async function supervise(url: string, directory: string, launch: () => ChildProcess, answers: () => Promise<boolean>): Promise<Engine> {
  let child: ChildProcess
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  async function start() {
    child = leashed(launch())
    for (let waited = 0; waited < startTimeoutMs; waited += pollMs) {
      // what a killed one left behind may still be on its way out: PostgreSQL refuses to start beside it
      if (isGone()) child = leashed(launch())
      if (await answers()) return
      await wait(pollMs)
    }
    throw new Error(`the engine at ${url} did not start`)
  }
  async function kill() {
    if (isGone()) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await start()
  return {
    url, kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    restart: start,
    close: async () => {
      await kill()
      await removeQuietly(directory)
    },
  }
}

function leashed(child: ChildProcess): ChildProcess {
  leash(child)
  return child
}

/** The children of a killed PostgreSQL write on for a moment. */
async function removeQuietly(directory: string) {
  for (let tries = 0; tries < 40; tries++) {
    try {
      return rmSync(directory, { recursive: true, force: true })
    } catch {
      await wait(pollMs)
    }
  }
}

async function answersSql(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

function answersTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: loopback, port, timeout: 1_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false)).once('timeout', () => end(false))
  })
}

function postgresBin(): string | undefined {
  const debian = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => majorOf(b) - majorOf(a)).find((bin) => majorOf(bin) >= 15)
  return debian ?? inPath('postgres')
}

const majorOf = (bin: string) => Number(bin.split('/').at(-2))

function inPath(name: string): string | undefined {
  return (process.env.PATH ?? '').split(delimiter).find((directory) => existsSync(join(directory, name)))
}

const idOf = (flag: '-u' | '-g') => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
const kafkaLibOf = (given: string | undefined) => given ?? new URL('../../test/kafka/lib', import.meta.url).pathname

const kafkaProperties = (directory: string, port: number, controllerPort: number) => [
  'process.roles=broker,controller', 'node.id=1',
  `controller.quorum.bootstrap.servers=${loopback}:${controllerPort}`,
  `listeners=PLAINTEXT://${loopback}:${port},CONTROLLER://${loopback}:${controllerPort}`,
  `advertised.listeners=PLAINTEXT://${loopback}:${port}`,
  'controller.listener.names=CONTROLLER', 'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  `log.dirs=${join(directory, 'data')}`,
  'offsets.topic.replication.factor=1', 'offsets.topic.num.partitions=4', 'transaction.state.log.replication.factor=1',
  'transaction.state.log.min.isr=1', 'share.coordinator.state.topic.replication.factor=1', 'group.initial.rebalance.delay.ms=0',
  'auto.create.topics.enable=false', '',
].join('\n')
