import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { startReplica } from '../src/cli/replica-process.ts'
import { freePort } from '../src/platform/free-port.ts'
import { createPostgresDatabase, testDatabaseUrl, testKafkaBrokers } from '../src/platform/testing.ts'
import { deleteTopics } from '../src/platform/testing-kafka.ts'
import { until } from './sale.ts'

const engines = testDatabaseUrl && testKafkaBrokers ? { databaseUrl: testDatabaseUrl, brokers: testKafkaBrokers.join(',') } : undefined
const onEngines = { skip: engines ? false : 'NOT TESTED: needs TEST_DATABASE_URL and TEST_KAFKA_BROKERS' }
/** what has no database of its own is tested in the round on PGlite */
const onceOnly = { skip: testDatabaseUrl ? 'tested in the round without TEST_DATABASE_URL' : false }

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The command as an operator runs it; `line` resolves with the first line like it that was or will be said. */
function startCommand(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['src/cli/services.ts', '--port', environment.PORT as string], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (text) => {
    said.push(text)
    for (const look of waiting) look()
  })
  const line = (like: RegExp, from = 0) => new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = said.slice(from).find((text) => like.test(text))
      if (found === undefined) return
      waiting.delete(look)
      resolve(found)
    }
    waiting.add(look)
    look()
    child.once('exit', (code, signal) => reject(new Error(`it ended with ${code ?? signal} before it said ${like}:\n${said.slice(-20).join('\n')}`)))
  })
  return { child, said, line }
}

async function pidsIn(directory: string): Promise<Map<string, number>> {
  const names = (await readdir(directory)).filter((name) => /-0$/.test(name))
  return new Map(await Promise.all(names.map(async (name) => [name, (JSON.parse(await readFile(join(directory, name, 'server.json'), 'utf8')) as { pid: number }).pid] as const)))
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return code as number | null
}

test('npm run services: SIGHUP while it starts ends nothing, later it restarts one process after the other; SIGTERM ends all', { ...onEngines, timeout: 120_000 }, async (t) => {
  const { databaseUrl, brokers } = engines as NonNullable<typeof engines>
  const database = await createPostgresDatabase(databaseUrl)
  const dataDir = await mkdtemp(join(tmpdir(), 'openrun-services-test-'))
  const prefix = `test-${randomUUID().slice(0, 8)}`
  const port = String(await freePort())
  // a secret may stand in a file there, as in each process
  const secretFile = join(dataDir, 'secret')
  await writeFile(secretFile, 's'.repeat(40))
  const environment = { SESSION_SECRET_FILE: secretFile, DATABASE_URL: database.url, KAFKA_BROKERS: brokers, KAFKA_PREFIX: prefix, DATA_DIR: dataDir, PORT: port, SEAT_URL: 'none', SERVICES: '', LOG_LEVEL: 'warn', DATABASE_CONNECTIONS: '3' }
  let command = startCommand(environment)
  let directory = ''
  t.after(async () => {
    await end(command.child)
    await database.drop()
    await deleteTopics(brokers, prefix)
    for (const place of [dataDir, directory].filter((each) => each !== '')) await rm(place, { recursive: true, force: true })
  })
  for (;;) {
    await command.line(/Openrun runs/) // the first of them serves, others do not yet
    command.child.kill('SIGHUP')
    if (/still starting/.test(await command.line(/still starting|restarting/))) break
    // they were quicker than this test
    await end(command.child)
    command = startCommand(environment)
  }
  const { child, said, line } = command
  await line(/^Openrun, 4 processes/)
  directory = /in (\S+openrun-services-\S+)$/.exec(await line(/operations ports/))?.[1] ?? ''
  const before = await pidsIn(directory)
  assert.deepEqual([...before.keys()].toSorted(), ['concert-0', 'gateway-0', 'queue-0', 'user-0'])
  const from = said.length
  child.kill('SIGHUP')
  await line(/^services +restarted/, from)
  assert.deepEqual(said.slice(from).flatMap((text) => /^services +restarting (\w+) 0/.exec(text)?.[1] ?? []), ['user', 'concert', 'queue', 'gateway'])
  const after = await pidsIn(directory)
  for (const [name, pid] of before) assert.ok(after.get(name) !== pid && !isThere(pid), `${name} is another process`)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200)
  assert.equal((await fetch(`http://127.0.0.1:${port}/api/concerts`)).status, 200, 'the gateway finds the new ones')
  assert.equal(await end(child), 0)
  assert.deepEqual([...after.values()].filter(isThere), [])
})

test('a process that does not come back from its restart is said and is no reason to end the others; the next restart tries again', { ...onceOnly, timeout: 120_000 }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'openrun-replica-test-'))
  const deaths: (number | string)[] = []
  const replica = await startReplica('whole', 0, {
    directory, opsPort: await freePort(), environment: { DATABASE_URL: '', KAFKA_BROKERS: '', REDIS_URL: '', SERVICES: '', PORT: '0', LOG_LEVEL: 'error' },
    say: () => undefined, onDeath: (how) => deaths.push(how), endMsMax: 1_000,
  })
  t.after(async () => {
    await replica.stop()
    await rm(directory, { recursive: true, force: true })
  })
  await replica.served()
  const mark = join(directory, 'whole-0', 'demo')
  await writeFile(mark, '')
  await assert.rejects(replica.restart(), /ended with 1 before it served[\s\S]*has demo data/)
  assert.deepEqual(deaths, [])
  await rm(mark)
  await replica.restart()
  const frozen = replica.pid()
  process.kill(frozen, 'SIGSTOP')
  await assert.rejects(replica.restart(), /ended with SIGKILL when it was told to stop/)
  assert.ok(!isThere(frozen) && replica.pid() !== frozen)
  // it serves all the same
  await until(async () => (await fetch(new URL('/readyz', replica.opsUrl))).status === 200)
  process.kill(replica.pid(), 'SIGKILL')
  while (deaths.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(deaths, ['SIGKILL'], 'who ends while it serves is told of')
})
